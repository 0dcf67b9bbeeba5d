// Times llama.cpp's greedy decode, one token at a time, through its public C interface.
// usage: llama_decode MODEL.gguf THREADS TOKENS LIBRARY_FOLDER
// prints one line: tokens per second of decode, first token excluded (it pays for the warm-up).
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "ggml-backend.h"
#include "llama.h"

static double now_seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void silent(enum ggml_log_level level, const char *text, void *data) {
    (void)level;
    (void)text;
    (void)data;
}

static llama_token greedy(const float *logits, int n) {
    int best = 0;
    for (int i = 1; i < n; i++) {
        best = logits[i] > logits[best] ? i : best;
    }
    return best;
}

int main(int argc, char **argv) {
    if (argc != 5) {
        fprintf(stderr, "usage: llama_decode MODEL.gguf THREADS TOKENS LIBRARY_FOLDER\n");
        return 2;
    }
    const int threads = atoi(argv[2]);
    const int tokens = atoi(argv[3]);
    llama_log_set(silent, NULL);
    ggml_backend_load_all_from_path(argv[4]);
    llama_backend_init();

    struct llama_model_params mp = llama_model_default_params();
    struct llama_model *model = llama_model_load_from_file(argv[1], mp);
    struct llama_context_params cp = llama_context_default_params();
    cp.n_ctx = (uint32_t)tokens + 8;
    cp.n_threads = threads;
    cp.n_threads_batch = threads;
    struct llama_context *context = model ? llama_init_from_model(model, cp) : NULL;
    if (!context) {
        fprintf(stderr, "llama_decode: %s: not loaded\n", argv[1]);
        return 1;
    }

    const int vocabulary = llama_vocab_n_tokens(llama_model_get_vocab(model));
    llama_token token = 1;
    double start = 0;
    for (int i = 0; i <= tokens; i++) {
        if (i == 1) {
            start = now_seconds();
        }
        if (llama_decode(context, llama_batch_get_one(&token, 1)) != 0) {
            fprintf(stderr, "llama_decode: decode failed at token %d\n", i);
            return 1;
        }
        token = greedy(llama_get_logits_ith(context, -1), vocabulary);
    }
    printf("%.2f\n", tokens / (now_seconds() - start));
    return 0;
}
