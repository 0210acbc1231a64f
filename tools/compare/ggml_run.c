// Times llama.cpp, or with -DIK ik_llama.cpp, on a GGUF file: ggml_run MODEL THREADS [BACKENDS]
//
// Prints the seconds of a prompt of 640 tokens into an empty cache, and of one of the first tokens, the
// better of two runs. BACKENDS is the folder in which llama.cpp finds a library for each instruction set.
#include <llama.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#ifndef IK
#include <ggml-backend.h>
#endif

enum { PROMPT = 640, TOKENS = 8, RUNS = 2 };

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void fail(const char *what) {
    fprintf(stderr, "ggml_run: %s\n", what);
    exit(1);
}

static void clear(struct llama_context *context) {
#ifdef IK
    llama_kv_cache_clear(context);
#else
    llama_memory_clear(llama_get_memory(context), true);
#endif
}

// Computes `count` tokens from position `first` on, and the logits of the last.
static void decode(struct llama_context *context, int first, int count) {
    struct llama_batch batch = llama_batch_init(count, 0, 1);
    batch.n_tokens = count;
    for (int i = 0; i < count; i++) {
        batch.token[i] = 3 + i % 200;
        batch.pos[i] = first + i;
        batch.n_seq_id[i] = 1;
        batch.seq_id[i][0] = 0;
        batch.logits[i] = i == count - 1;
    }
    if (llama_decode(context, batch)) fail("cannot decode");
    llama_synchronize(context);
    llama_batch_free(batch);
}

static double seconds(struct llama_context *context, int calls, int count) {
    double best = 1e9;
    for (int run = 0; run < RUNS; run++) {
        clear(context);
        const double start = now();
        for (int i = 0; i < calls; i++) decode(context, i * count, count);
        const double taken = (now() - start) / calls;
        if (taken < best) best = taken;
    }
    return best;
}

static void say_nothing(enum ggml_log_level level, const char *text, void *data) {
    (void)level, (void)text, (void)data;
}

int main(int count, char **arguments) {
    if (count < 3) fail("MODEL THREADS [BACKENDS]");
    llama_log_set(say_nothing, NULL);
#ifndef IK
    if (count > 3) ggml_backend_load_all_from_path(arguments[3]);
#endif
    llama_backend_init();
    struct llama_model_params of_model = llama_model_default_params();
#ifdef IK
    // Weights are laid out for the kernels at load, as llama.cpp does without being asked.
    of_model.repack_tensors = true;
    of_model.use_mmap = false;
#endif
    struct llama_model *model = llama_model_load_from_file(arguments[1], of_model);
    if (!model) fail("cannot load the model");
    struct llama_context_params settings = llama_context_default_params();
    settings.n_ctx = 1024;
    settings.n_batch = settings.n_ubatch = PROMPT;
    settings.n_threads = settings.n_threads_batch = atoi(arguments[2]);
    struct llama_context *context = llama_init_from_model(model, settings);
    if (!context) fail("cannot make a context");
    decode(context, 0, 1);
    const double prefill = seconds(context, 1, PROMPT), token = seconds(context, TOKENS, 1);
    printf("%g %g\n", prefill, token);
    return 0;
}
