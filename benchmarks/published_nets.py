"""The method's networks in PyTorch, with the names of published checkpoints; written for tests and timings."""

import torch
from torch import nn
from torch.nn import functional


def randomize(net, seed=0):
    """Gives all weights and statistics random values that keep activations near 1."""
    generator = torch.Generator().manual_seed(seed)
    for name, value in net.state_dict().items():
        if name.endswith("num_batches_tracked"):
            continue
        if value.ndim == 4:
            value.normal_(0, (2 / value[0].numel()) ** 0.5, generator=generator)
        else:
            low = 0.5 if name.endswith(("running_var", "weight")) else -0.3
            value.uniform_(low, low + 1.0, generator=generator)
    return net.eval()


def unit(inside, outside, kernel=3, stride=1):
    return nn.Conv2d(inside, outside, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(outside)


class Chain(nn.Module):
    """A residual unit: convolutions `conv1` ..., norms `bn1` ..., and a `downsample` where the widths differ."""

    def __init__(self, inside, widths, kernels):
        super().__init__()
        before, self.count = inside, len(widths)
        for number, (width, kernel) in enumerate(zip(widths, kernels, strict=True), 1):
            convolution, norm = unit(before, width, kernel)
            setattr(self, f"conv{number}", convolution)
            setattr(self, f"bn{number}", norm)
            before = width
        self.downsample = nn.Sequential(*unit(inside, before, 1)) if inside != before else None

    def forward(self, x):
        y = x
        for number in range(1, self.count + 1):
            y = getattr(self, f"bn{number}")(getattr(self, f"conv{number}")(y))
            y = torch.relu(y) if number < self.count else y
        return torch.relu(y + (x if self.downsample is None else self.downsample(x)))


class Exchange(nn.Module):
    def __init__(self, widths, blocks):
        super().__init__()
        self.branches = nn.ModuleList(
            nn.Sequential(*(Chain(width, (width, width), (3, 3)) for _ in range(blocks))) for width in widths
        )
        self.fuse_layers = nn.ModuleList(
            nn.ModuleList(self.path(widths, source, target) for source in range(len(widths)))
            for target in range(len(widths))
        )

    @staticmethod
    def path(widths, source, target):
        if source == target:
            return None
        if source > target:
            return nn.Sequential(*unit(widths[source], widths[target], 1))
        steps = []
        for step in range(target - source):
            last = step == target - source - 1
            parts = unit(widths[source], widths[target] if last else widths[source], 3, 2)
            steps.append(nn.Sequential(*parts, *(() if last else (nn.ReLU(),))))
        return nn.Sequential(*steps)

    def forward(self, values):
        values = [branch(value) for branch, value in zip(self.branches, values, strict=True)]
        fused = []
        for target, paths in enumerate(self.fuse_layers):
            total = 0
            for source, path in enumerate(paths):
                term = values[source] if path is None else path(values[source])
                if source > target:
                    term = functional.interpolate(term, values[target].shape[-2:], mode="bilinear")
                total = total + term
            fused.append(torch.relu(total))
        return values, fused


class HRNet(nn.Module):
    """An HRNet for segmentation of the sizes of a `hsgan.networks.hrnet.Variant`; `seen` has what every part gave."""

    def __init__(self, variant, classes):
        super().__init__()
        self.conv1, self.bn1 = unit(3, 64, 3, 2)
        self.conv2, self.bn2 = unit(64, 64, 3, 2)
        count, inner = variant.bottlenecks
        self.layer1 = nn.Sequential(
            *(Chain(4 * inner if index else 64, (inner, inner, 4 * inner), (1, 3, 1)) for index in range(count))
        )
        widths, before = [variant.width], [4 * inner]
        for stage, modules in enumerate(variant.modules, 2):
            widths = [variant.width * 2**branch for branch in range(stage)]
            enter = [nn.Sequential(*unit(before[0], widths[0]), nn.ReLU()) if stage == 2 else None]
            enter += [None] * (stage - 2)
            enter.append(nn.Sequential(nn.Sequential(*unit(before[-1], widths[-1], 3, 2), nn.ReLU())))
            setattr(self, f"transition{stage - 1}", nn.ModuleList(enter))
            setattr(self, f"stage{stage}", nn.Sequential(*(Exchange(widths, variant.blocks) for _ in range(modules))))
            before = widths
        total = sum(widths)
        self.last_layer = nn.Sequential(
            nn.Conv2d(total, total, 1), nn.BatchNorm2d(total), nn.ReLU(), nn.Conv2d(total, classes, 1)
        )

    def forward(self, x):
        self.seen = {}
        x = torch.relu(self.bn1(self.conv1(x)))
        x = self.seen["stem_b_relu"] = torch.relu(self.bn2(self.conv2(x)))
        for index, block in enumerate(self.layer1):
            x = self.seen[f"stage1_block{index}_relu"] = block(x)
        values = [x]
        for stage in (2, 3, 4):
            enter = getattr(self, f"transition{stage - 1}")
            lowest = values[-1]
            values = [value if path is None else path(value) for path, value in zip(enter, values, strict=False)]
            values.append(enter[-1](lowest))
            for number, module in enumerate(getattr(self, f"stage{stage}")):
                branches, values = module(values)
                name = f"stage{stage}_module{number}"
                for branch, value in enumerate(branches):
                    self.seen[f"{name}_branch{branch}_block{len(module.branches[branch]) - 1}_relu"] = value
                for target, value in enumerate(values):
                    self.seen[f"{name}_fuse_{target}_relu"] = value
        size = values[0].shape[-2:]
        levels = [values[0], *(functional.interpolate(value, size, mode="bilinear") for value in values[1:])]
        return self.last_layer(torch.cat(levels, 1))


class Wrapped(nn.Module):
    """A convolution that is there under two names, as in the authors' program."""

    def __init__(self, inside, outside, kernel, groups, bias, zero_mean=False, active=True):
        super().__init__()
        self.conv = nn.Conv2d(inside, outside, kernel, padding=kernel // 2, groups=groups, bias=bias)
        self.zero_mean, self.active = zero_mean, active
        self.Module = nn.Sequential(*([nn.Identity()] if zero_mean else []), self.conv)

    def forward(self, x):
        x = self.conv(x - x.mean(1, keepdim=True) if self.zero_mean else x)
        return torch.relu(x) if self.active else x


class Dense(nn.Module):
    def __init__(self, inside, outside, kernel=3, bias=False, **options):
        super().__init__()
        self.compressLayer = Wrapped(inside, outside, 1, 1, bias, **options)
        self.actlayer = Wrapped(outside, outside, kernel, outside, bias, **options)

    def forward(self, x):
        return self.actlayer(self.compressLayer(x))


def densely(layers, x):
    values = [x]
    for layer in layers:
        values.append(layer(torch.cat(values, 1)))
    return values[-1]


class Stage(nn.Module):
    def __init__(self, bands, growth, units, zero_mean):
        super().__init__()
        self.Upconv = Wrapped(3, bands, 3, 1, False, active=False)
        layers = [Dense(bands + growth * index, growth, zero_mean=zero_mean) for index in range(units - 1)]
        layers.append(Dense(bands + growth * (units - 1), bands, active=False))
        self.denselayers = nn.ModuleList(layers)

    def forward(self, x):
        return densely(self.denselayers, self.Upconv(x))


class Generator(nn.Module):
    """The unrolled generator, with the residual `X - Co Y`; `cube` is what its first stage adds to."""

    def __init__(self, bands, stages, growth, units):
        super().__init__()
        self.stages = nn.ModuleList(Stage(bands, growth, units, index > 0) for index in range(stages))

    def forward(self, rgb, srf, cube=0):
        seen = rgb
        for stage in self.stages:
            cube = cube + stage(seen)
            seen = rgb - torch.einsum("bcs,bshw->bchw", srf, cube)
        return functional.leaky_relu(cube, 0.001)


class Pair(nn.Module):
    def __init__(self, inside, widths, kernel):
        super().__init__()
        places = [inside + sum(widths[:index]) for index in range(len(widths))]
        self.conv = nn.ModuleList(
            Dense(place, width, kernel, bias=True) for place, width in zip(places, widths, strict=True)
        )

    def forward(self, x):
        return densely(self.conv, x)


class Estimator(nn.Module):
    """The SRF estimator; `cameras` are [cameras, 3, bands]. Its outputs are ordered by camera, then channel."""

    def __init__(self, cameras, widths, kernels, head):
        super().__init__()
        self.cameras, before, stages = torch.as_tensor(cameras), 3, []
        for pair, kernel in zip(widths, kernels, strict=True):
            stages.append(Pair(before, pair, kernel))
            before = pair[-1]
        self.stages, self.fstage = nn.Sequential(*stages), Pair(before, head, 3)
        self.fstage.final_conv = Dense(head[-1], 3 * len(cameras), bias=True, active=False)

    def forward(self, x):
        for stage in self.stages:
            x = functional.max_pool2d(stage(x), 2)
        # [batch, cameras, 3]
        scores = self.fstage.final_conv(self.fstage(x)).mean((2, 3)).reshape(len(x), -1, 3)
        gains = torch.sigmoid(scores).mean(1)
        gains = gains / gains.mean(1, keepdim=True)
        mixed = torch.einsum("bnc,ncs->bcs", torch.softmax(scores, 1), self.cameras)
        return mixed * gains[..., None]
