/* Loads a SavedModel and runs it, with TensorFlow's C library alone: no Python in the process.
 *
 *   load_and_run MODEL_FOLDER PLAN
 *
 * PLAN is a text file of requests, one after the other:
 *
 *   in TENSOR INDEX TYPE RANK DIM... FILE     feeds a tensor with a file's bytes, TYPE a TF_DataType
 *   out TENSOR INDEX FILE                     fetches a tensor into a file
 *   run NAME                                  runs what was named since the last one
 *
 * A tensor of strings (TYPE 7) has one element, the file. Each run prints "NAME: ok" and each output's type, number of
 * axes and sizes, or "NAME: error CODE: MESSAGE" and goes on. The exit status is 0 if all ran, 1 if some did not, and 2
 * if the model could not be loaded or the plan not be read.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tensorflow/c/c_api.h"
#include "tensorflow/c/tf_tstring.h"

#define MOST 8

static void fail(const char* what, const char* why) {
  fprintf(stderr, "load_and_run: error: %s: %s\n", what, why);
  exit(2);
}

static char* read_file(const char* path, size_t* size) {
  FILE* file = fopen(path, "rb");
  if (!file) fail(path, "cannot be read");
  fseek(file, 0, SEEK_END);
  *size = (size_t)ftell(file);
  rewind(file);
  char* data = malloc(*size + 1);
  if (!data || fread(data, 1, *size, file) != *size) fail(path, "cannot be read");
  fclose(file);
  return data;
}

static TF_Output find(TF_Graph* graph, const char* name, int index) {
  TF_Output output = {TF_GraphOperationByName(graph, name), index};
  if (!output.oper) fail(name, "is not in the graph");
  return output;
}

static TF_Tensor* read_tensor(int type, const int64_t* sizes, int rank, const char* path) {
  size_t size;
  char* data = read_file(path, &size);
  size_t bytes = type == TF_STRING ? sizeof(TF_TString) : size;
  TF_Tensor* tensor = TF_AllocateTensor((TF_DataType)type, sizes, rank, bytes);
  if (type == TF_STRING) {
    TF_TString* text = TF_TensorData(tensor);
    TF_StringInit(text);
    TF_StringCopy(text, data, size);
  } else if (size) {
    memcpy(TF_TensorData(tensor), data, size);
  }
  free(data);
  return tensor;
}

static void write_tensor(TF_Tensor* tensor, const char* path) {
  FILE* file = fopen(path, "wb");
  size_t size = TF_TensorByteSize(tensor);
  if (!file || fwrite(TF_TensorData(tensor), 1, size, file) != size || fclose(file)) fail(path, "cannot be written");
  printf("%d %d", TF_TensorType(tensor), TF_NumDims(tensor));
  for (int axis = 0; axis < TF_NumDims(tensor); axis++) printf(" %lld", (long long)TF_Dim(tensor, axis));
  printf("\n");
}

int main(int argc, char** argv) {
  if (argc != 3) fail("usage", "load_and_run MODEL_FOLDER PLAN");
  TF_Status* status = TF_NewStatus();
  TF_Graph* graph = TF_NewGraph();
  TF_SessionOptions* options = TF_NewSessionOptions();
  const char* tags[] = {"serve"};
  TF_Session* session = TF_LoadSessionFromSavedModel(options, NULL, argv[1], tags, 1, graph, NULL, status);
  if (TF_GetCode(status) != TF_OK) fail(argv[1], TF_Message(status));

  FILE* plan = fopen(argv[2], "r");
  if (!plan) fail(argv[2], "cannot be read");
  TF_Output inputs[MOST], outputs[MOST];
  TF_Tensor *given[MOST], *found[MOST];
  char files[MOST][512], word[8], name[512], path[512];
  int ins = 0, outs = 0, failed = 0, index, type, rank;
  while (fscanf(plan, "%7s %511s", word, name) == 2) {
    if (!strcmp(word, "in") && ins < MOST) {
      int64_t sizes[MOST];
      if (fscanf(plan, "%d %d %d", &index, &type, &rank) != 3 || rank > MOST) fail(name, "is not well given");
      for (int axis = 0; axis < rank; axis++) {
        long long size;
        if (fscanf(plan, "%lld", &size) != 1) fail(name, "lacks a size");
        sizes[axis] = size;
      }
      if (fscanf(plan, "%511s", path) != 1) fail(name, "lacks a file");
      inputs[ins] = find(graph, name, index);
      given[ins++] = read_tensor(type, sizes, rank, path);
    } else if (!strcmp(word, "out") && outs < MOST) {
      if (fscanf(plan, "%d %511s", &index, files[outs]) != 2) fail(name, "lacks a file");
      outputs[outs++] = find(graph, name, index);
    } else if (!strcmp(word, "run")) {
      TF_SessionRun(session, NULL, inputs, given, ins, outputs, found, outs, NULL, 0, NULL, status);
      if (TF_GetCode(status) == TF_OK) {
        printf("%s: ok\n", name);
        for (int i = 0; i < outs; i++) write_tensor(found[i], files[i]);
        for (int i = 0; i < outs; i++) TF_DeleteTensor(found[i]);
      } else {
        printf("%s: error %d: %.*s\n", name, TF_GetCode(status), (int)strcspn(TF_Message(status), "\n"),
               TF_Message(status));
        failed = 1;
      }
      for (int i = 0; i < ins; i++) TF_DeleteTensor(given[i]);
      ins = outs = 0;
    } else {
      fail(argv[2], "has a line that is neither in, out nor run");
    }
  }
  fclose(plan);
  TF_CloseSession(session, status);
  TF_DeleteSession(session, status);
  TF_DeleteSessionOptions(options);
  TF_DeleteGraph(graph);
  TF_DeleteStatus(status);
  return failed;
}
