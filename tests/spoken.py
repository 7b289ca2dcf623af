"""Answers as people type them, good and bad, with what a person reading the rubric would tick."""

ANSWERS = [
    (
        "syn-why-killed",
        "RNNs carry everything through a hidden state, one step after the other, so you cannot "
        "parallelise over time. Transformers look at all tokens directly. Training is one big matmul "
        "over all positions. Distance between any two words is a single hop. You pay with N^2 "
        "attention and a KV cache. At inference it's still autoregressive, token by token, so there "
        "is no miracle there.",
        {"r1", "r2", "r3", "r4", "r5"},
    ),
    (
        "syn-why-killed",
        "Transformers are simply bigger and were trained on more data. Attention was invented in 2017 "
        "and it does less work than an LSTM, so it is faster. Also the whole answer comes out in one "
        "pass.",
        {"flag0", "flag1", "flag2"},
    ),
    (
        "syn-why-killed",
        "I don't think an RNN is dead: for streaming you still want one, and hybrids keep some "
        "recurrence. Bahdanau had attention on top of RNNs in 2014. What changed is that recurrence "
        "went away, and then order must be put back with position encodings. Linear recurrences can "
        "be scanned in parallel, only the nonlinear LSTM update cannot.",
        {"r6", "r7", "r8", "r9"},
    ),
    (
        "par-open-who-waits",
        "In training we know all tokens, so encoder and decoder process every position at once; "
        "decoder uses teacher forcing with a causal mask. Generating needs the previous token, so one "
        "forward pass per token. Prefill is like training. Layers still run one after another. An "
        "LSTM has to wait for the previous hidden state everywhere, because of the tanh; only W x can "
        "be batched.",
        {"r1", "r2", "r3", "r4", "r5", "r6"},
    ),
    (
        "par-open-who-waits",
        "The decoder is trained token by token because that is how it writes. It does not need "
        "teacher forcing. The answer comes out of one pass if you have enough GPUs.",
        {"flag0", "flag1"},
    ),
    (
        "par-open-who-waits",
        "It is wrong that the answer comes out of one pass: the decoder is not trained token by "
        "token, but it does write token by token, each needing the last. Decoding is memory bound, "
        "prefill is compute bound. Speculative decoding and bigger batches help.",
        {"r3", "r7", "r8"},
    ),
    (
        "att-whiteboard-open",
        "X is B x N x d. Three linear layers give Q, K, V which I split into h heads. Softmax of QK^T "
        "over sqrt(d_k), times V. Before the softmax, masked positions get -inf. Concatenate heads, "
        "multiply with W_O. People forget the transpose after the view, so a reshape mixes tokens "
        "across heads. In fp16 subtract the max first.",
        {"r1", "r2", "r3", "r4", "r6"},
    ),
    (
        "att-whiteboard-open",
        "Q, K and V are three different inputs. Compute the scores and set masked scores to zero, "
        "then softmax. The square root makes the weights sum to one. I would not use multiple heads.",
        {"flag0", "flag2", "flag3"},
    ),
    (
        "cost-long-documents-open",
        "First profile what takes the memory. Then FlashAttention, which is exact and never stores "
        "the N x N matrix; FLOPs stay quadratic though. Gradient checkpointing and bf16 next. If it "
        "still doesn't fit, sliding window plus some global tokens. And the position embeddings only "
        "go to 2k so they must be extended.",
        {"r1", "r2", "r3", "r4", "r5", "r6"},
    ),
    (
        "cost-long-documents-open",
        "FlashAttention makes attention linear in time so that solves it. Sparse attention loses "
        "nothing. I wouldn't bother with checkpointing.",
        {"flag0", "flag2"},
    ),
    (
        "path-open-step-product",
        "With one unit you multiply by w*tanh' k times; if it's less than one it vanishes, more than "
        "one it explodes. It's the same weight every step. For a matrix look at singular values of "
        "the Jacobian. LSTM: the cell is c = f*c + i*g so the derivative is just f. With forget bias "
        "1, f is around 0.73 and it halves every couple of steps. Clipping handles explosion but it "
        "does not fix vanishing.",
        {"r1", "r2", "r3", "r4", "r5"},
    ),
    (
        "path-open-step-product",
        "The LSTM solves vanishing gradients because the cell update is additive. If it still "
        "vanishes you clip the gradients, that fixes vanishing too.",
        {"flag0", "flag1"},
    ),
    (
        "syn-rnn-2026",
        "On a microcontroller with a sensor stream: constant memory, no cache. I'd lose exact recall "
        "of old tokens. Nowadays I would rather take Mamba or minGRU than an LSTM since they train in "
        "parallel with a scan. I'd measure latency and energy per step on the device. Parity-like "
        "state tracking is something it can do.",
        {"r1", "r2", "r3", "r4", "r6", "r8"},
    ),
    (
        "syn-rnn-2026",
        "Never. Nobody trains RNNs any more, attention is all you need.",
        {"flag0"},
    ),
    (
        "pos-longer-contracts-open",
        "RoPE can be evaluated at any position but the model never saw those angles, so I would not "
        "assume it works. Use YaRN or position interpolation and fine-tune a bit on long contracts. "
        "That doesn't make attention cheaper, memory is a separate problem. Test with needle-in-a- "
        "haystack at different depths, since perplexity hides it, and check that short prompts have "
        "not regressed. Or just do retrieval.",
        {"r1", "r2", "r3", "r5", "r6", "r7"},
    ),
    (
        "scale-open-plan-a-run",
        "C = 6ND and about 20 tokens per param, so N = sqrt(C/120) which is 1.3e11, i.e. 130B params "
        "and 2.6T tokens. But since it is served for two years I'd go smaller and train longer. GPT-3 "
        "was way undertrained. I would fit my own scaling curves on small runs because 20 depends on "
        "the data set.",
        {"r1", "r2", "r3", "r5", "r7"},
    ),
    (
        "stab-nan-open",
        "Stop, reload the last good checkpoint. Look at the loss and grad norm before the spike. "
        "Inspect that batch. Replay that step in fp32 with anomaly detection. Could be a fully masked "
        "row giving NaN in softmax or fp16 overflow. I'd skip the batch and lower the lr, one thing "
        "at a time.",
        {"r1", "r2", "r3", "r4", "r5", "r6"},
    ),
    (
        "stab-nan-open",
        "Transformers are stable so it must be the data. I would just lower the learning rate and "
        "continue from the current weights; gradient clipping brings the NaN back down.",
        {"flag0", "flag1", "flag2"},
    ),
]
