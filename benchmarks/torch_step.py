"""The training step of the unpaired method in PyTorch, as its authors wrote theirs; for timings beside the package's.

Remade from the published description: layers, losses and the two updates are those of the paper's sections 3 and 4, at
the sizes of a configuration of this package. A densely connected unit takes a concatenation, and PyTorch's own
optimizers update. One forward pass of the generator serves both updates. Needs the extra `[torch]`.

Layout: [batch, channels, height, width], in memory as such or with the channels last.
"""

from types import SimpleNamespace

import torch
from noise import CLASSES, batch_of, statistics_of
from published_nets import Dense, Estimator, Generator, HRNet, densely
from torch import nn
from torch.nn import functional

from hsgan import config as config_lib
from hsgan.errors import ConfigError

VOID = 255


class NormedUnit(nn.Module):
    """A 1x1 and a depthwise 3x3 convolution, each with bias, normalized by the batch's statistics, then SiLU."""

    def __init__(self, inside, outside, stride=1):
        super().__init__()
        self.pointwise = nn.Conv2d(inside, outside, 1)
        self.first = nn.BatchNorm2d(outside, track_running_stats=False)
        self.depthwise = nn.Conv2d(outside, outside, 3, stride, 1, groups=outside)
        self.second = nn.BatchNorm2d(outside, track_running_stats=False)

    def forward(self, x):
        x = functional.silu(self.first(self.pointwise(x)))
        return functional.silu(self.second(self.depthwise(x)))


def dense_units(inside, width, count):
    return nn.ModuleList(NormedUnit(inside + width * index, width) for index in range(count))


class Discriminator(nn.Module):
    """Two stages, each two units of stride 2 and densely connected ones, then 2x2 means and two linear layers."""

    def __init__(self, bands, widths, units):
        super().__init__()
        self.down, self.dense, before = nn.ModuleList(), nn.ModuleList(), bands
        for width in widths:
            self.down.append(nn.Sequential(NormedUnit(before, width, 2), NormedUnit(width, width, 2)))
            self.dense.append(dense_units(width, width, units))
            before = width
        self.score, self.affine = nn.Linear(4 * before, 1), nn.Linear(1, 1)

    def forward(self, cube):
        x = cube / (cube.mean((1, 2, 3), keepdim=True).detach() + 1e-6)
        for down, dense in zip(self.down, self.dense, strict=True):
            x = down(x)
            x = x + densely(dense, x)
        return self.affine(self.score(functional.adaptive_avg_pool2d(x, 2).flatten(1)))[:, 0]


class Semantic(nn.Module):
    """`E2` on the cube, and `SE` on its features and the parser's."""

    def __init__(self, classes, bands, channels, width, units, dropout):
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.features = dense_units(bands, width, units)
        self.fusion = dense_units(channels + width, 2 * classes, units)
        self.fusion.append(Dense(channels + width + 2 * classes * units, classes, bias=True, active=False))

    def forward(self, cube, scores):
        cube = functional.interpolate(cube, scores.shape[-2:], mode="bilinear", align_corners=False)
        features = densely(self.features, self.dropout(cube))
        return densely(self.fusion, torch.cat([scores, features], 1))


class Parser(nn.Module):
    """The scene parser, for photos in [0, 1]."""

    def __init__(self, variant, classes, photo):
        super().__init__()
        self.net = HRNet(SimpleNamespace(**variant), classes)
        for name, values in zip(("mean", "deviation"), photo, strict=True):
            self.register_buffer(name, torch.tensor(values)[:, None, None])

    def forward(self, photo):
        return self.net((photo - self.mean) / self.deviation)


class ClippedGradient(torch.autograd.Function):
    """Identity; the gradient of each sample is clipped to the norm of that of an L1 loss (Eq. 7), and scaled."""

    @staticmethod
    def forward(context, x, scale):
        context.scale = scale
        return x.view_as(x)

    @staticmethod
    def backward(context, gradient):
        bound = gradient[0].numel() ** -0.5
        norm = gradient.square().sum((1, 2, 3), keepdim=True).sqrt()
        return gradient * (context.scale * bound / norm.clamp(min=bound)), None


class Step(nn.Module):
    """The networks, their optimizers, and the step.

    Args:
      config: with `loss.regularizer` l1_clip, a start "learned" or "prior", and no synthetic terms.
      facts: `keras_step.facts_of` of the same configuration.
      channels_last: the layout in memory.
    """

    def __init__(self, config, facts, channels_last=False):
        super().__init__()
        _check(config)
        bands = len(config_lib.wavelengths_nm(config))
        sizes = config.generator
        self.config, self.iteration = config, 0
        self.generator = Generator(bands, sizes.stages, sizes.growth, sizes.units)
        self.srf_estimator = Estimator(torch.tensor(facts["cameras"]), **config.srf_estimator.to_dict())
        self.discriminator = Discriminator(bands, config.discriminator.widths, config.discriminator.units)
        self.parser = self.semantic = None
        if facts["parser"] is not None:
            values = config.semantic
            self.parser = Parser(facts["parser"], CLASSES, facts["photo"]).eval().requires_grad_(False)
            self.semantic = Semantic(CLASSES, bands, CLASSES, values.width, values.units, values.dropout)
        self.mean, self.covariance = (torch.tensor(values) for values in statistics_of(bands))
        if channels_last:
            self.to(memory_format=torch.channels_last)
        self.optimizers = self._optimizers(config.optimizer)
        trained = [*self.generator.parameters(), *self.srf_estimator.parameters()]
        self.average = [value.detach().clone() for value in trained] if config.optimizer.ema else []

    def _optimizers(self, values):
        betas = (values.beta_1, values.beta_2)
        rates = {
            "generator": values.generator,
            "srf_estimator": values.srf_estimator,
            "discriminator": values.discriminator,
        }
        found = {name: torch.optim.Adam(getattr(self, name).parameters(), rate, betas) for name, rate in rates.items()}
        if self.semantic is not None:
            found["semantic"] = torch.optim.SGD(
                self.semantic.parameters(),
                values.semantic,
                values.semantic_momentum,
                weight_decay=values.semantic_weight_decay,
            )
        return found

    def start(self, rgb, srf):
        """Returns the estimate that the stages begin at: nothing, or the Wiener estimate (in float64, as ours)."""
        if self.config.generator.initialization == "learned":
            return 0
        double, noise = srf.double(), self.config.generator.prior_noise
        moved = double @ self.covariance.double()
        gram = moved @ double.transpose(1, 2) + noise * torch.eye(3, dtype=torch.float64)
        matrix = torch.linalg.solve(gram, moved).transpose(1, 2).float()
        rest = rgb - (srf @ self.mean)[:, :, None, None]
        return self.mean[:, None, None] + torch.einsum("bsc,bchw->bshw", matrix, rest)

    def forward(self, batch):
        """One update of the discriminator, then one of the others; returns the raw terms."""
        srf = self.srf_estimator(batch["rgb"])
        cube = self.generator(batch["rgb"], srf, self.start(batch["rgb"], srf))
        logs = {}
        if self.config.loss.adversarial:
            logs["discriminator"] = self.update_discriminator(cube.detach(), batch["cube"])
        terms = self.terms(cube, srf, batch)
        others = [name for name in self.optimizers if name != "discriminator"]
        self._update(others, sum(self.config.loss[name] * term for name, term in terms.items()))
        self._finish()
        return {name: term.item() for name, term in {**terms, **logs}.items()}

    def update_discriminator(self, fake, real):
        """Applies one update (Eq. 13); returns its loss."""
        fakes, reals = self.discriminator(fake), self.discriminator(real)
        loss = functional.softplus(fakes).mean() + functional.softplus(-reals).mean()
        self._update(["discriminator"], loss)
        return loss

    def terms(self, cube, srf, batch):
        """Returns the raw terms of the generator's objective (Eq. 8)."""
        values, terms = self.config.loss, {}
        if values.adversarial:
            self.discriminator.requires_grad_(False)  # its weights need no gradient here
            terms["adversarial"] = functional.softplus(-self.discriminator(ClippedGradient.apply(cube, 1.0))).mean()
            self.discriminator.requires_grad_(True)
        if values.back_projection:
            projected = torch.einsum("bcs,bshw->bchw", srf, cube)
            terms["back_projection"] = functional.mse_loss(projected, batch["rgb"])
        if values.smoothness:
            difference = cube.diff(dim=1)
            squared = values.smoothness_form == "squared"
            terms["smoothness"] = (difference.square() if squared else difference.abs()).mean()
        if values.positivity:
            excess = cube.abs() - cube
            squared = values.positivity_form == "squared"
            terms["positivity"] = (excess.square() if squared else excess).sum((1, 2, 3)).mean()
        if self.semantic is not None:
            with torch.no_grad():
                scores = self.parser(batch["encoded"])
            logits = self.semantic(ClippedGradient.apply(cube, values.semantic_gradient_scale), scores)
            labels = batch["labels"][:, None].float()
            labels = functional.interpolate(labels, logits.shape[-2:], mode="nearest-exact")[:, 0].long()
            terms["semantic"] = functional.cross_entropy(logits, labels, ignore_index=VOID)
        return terms

    def _update(self, names, loss):
        for name in names:
            self.optimizers[name].zero_grad()
        loss.backward()
        for name in names:
            self.optimizers[name].step()

    def _finish(self):
        self.iteration += 1
        trained = [*self.generator.parameters(), *self.srf_estimator.parameters()]
        if self.average:
            torch._foreach_lerp_(self.average, [value.detach() for value in trained], 1 - self.config.optimizer.ema)
        if self.semantic is not None:
            values = self.config.optimizer
            left = (1 - self.iteration / self.config.train.steps) if self.iteration < self.config.train.steps else 0
            self.optimizers["semantic"].param_groups[0]["lr"] = values.semantic * left**values.semantic_power


def _check(config):
    """Raises `ConfigError` for a configuration whose step this is not."""
    loss = config.loss
    if loss.regularizer != "l1_clip" or loss.synthetic or loss.synthetic_srf:
        raise ConfigError("the step in PyTorch has l1_clip alone and no synthetic terms. Received: "
                          f"{loss.regularizer}, {loss.synthetic:g}, {loss.synthetic_srf:g}")  # fmt: skip
    if config.generator.initialization not in ("learned", "prior"):
        raise ConfigError("the step in PyTorch starts at learned or prior. Received: "
                          f"{config.generator.initialization}")  # fmt: skip


def tensors_of(batch, channels_last=False):
    """Returns a batch of arrays as tensors in PyTorch's order of axes."""
    layout = torch.channels_last if channels_last else torch.contiguous_format
    return {
        name: torch.tensor(values)
        if values.ndim == 3
        else torch.tensor(values).permute(0, 3, 1, 2).contiguous(memory_format=layout)
        for name, values in batch.items()
    }


def make(path, facts, channels_last):
    """Returns ({"step": function}, facts about its networks), as `side_by_side.Row` wants.

    Args:
      path: of the configuration.
      facts: of `keras_step.facts_of`.
      channels_last: the layout in memory.
    """
    torch.manual_seed(0)
    config = config_lib.load(path)
    step, batch = Step(config, facts, channels_last).train(), tensors_of(batch_of(config), channels_last)
    if step.parser is not None:
        step.parser.eval()
    counts = {name: sum(value.numel() for value in getattr(step, name).parameters()) for name in facts["parameters"]}
    return {"step": lambda: step(batch)}, {"parameters": counts, "threads": torch.get_num_threads()}
