"""Recurrences with a parallel form: each equals its formula in plain loops, in every form, and others' code.

The references here are written from the papers' formulas with Python loops over numpy numbers, and share
nothing with the models but their weights. The slow tests compare with code by other people, if installed:
`pip install --no-deps fla-core einops minGRU-pytorch`, and `transformers` for WKV.
"""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
import torch
from quizapp.verifiers.models import delta_rule, linear_attention, retention, wkv
from quizapp.verifiers.models.delta_rule import DeltaRule
from quizapp.verifiers.models.gated_recurrence import MinGRU, MinLSTM
from quizapp.verifiers.models.linear_attention import LinearAttention
from quizapp.verifiers.models.linear_recurrence import brent_kung, hillis_steele, serial
from quizapp.verifiers.models.retention import Retention
from quizapp.verifiers.models.wkv import WKV

from quizapp.verifiers import measure

WIDTH, TIME = 8, 13


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def noise(*shape, seed=99, scale=1.0):
    return scale * torch.randn(*shape, generator=generator(seed), dtype=torch.float64)


def error(found, wanted):
    wanted = torch.as_tensor(np.asarray(wanted))
    return float((found.detach() - wanted).abs().max() / wanted.square().mean().sqrt())


def weights(model):
    return {name: value.detach().numpy() for name, value in model.named_parameters()}


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


# ---- references: one sequence x [time, width] -> [time, width], pair by pair ------------------------


def pairs(model, x, weigh):
    """sum_{j<=i} weigh(h, i, j, q_i, k_j) v_j and the sum of the weights, for every head h and token i."""
    w, heads = weights(model), model.heads
    size = WIDTH // heads
    sums, totals = np.zeros((TIME, heads, size)), np.zeros((TIME, heads, 1))
    for h in range(heads):
        part = slice(h * size, (h + 1) * size)
        q, k, v = (x @ w[f"weight_{name}"][:, part] for name in ("query", "key", "value"))
        for i in range(TIME):
            for j in range(i + 1):
                weight = weigh(h, i, j, q[i], k[j])
                sums[i, h] += weight * v[j]
                totals[i, h] += weight
    return sums, totals


def plain_linear_attention(model, x):
    def phi(z):
        return np.array([c + 1.0 if c > 0 else np.exp(c) for c in z])

    sums, totals = pairs(model, x, lambda h, i, j, q, k: phi(q) @ phi(k))
    return (sums / totals).reshape(TIME, WIDTH) @ weights(model)["weight_out"]


def plain_retention(model, x):
    size = WIDTH // model.heads
    gammas = [1.0 - 2.0 ** (-5 - h) for h in range(model.heads)]
    sums, _ = pairs(model, x, lambda h, i, j, q, k: gammas[h] ** (i - j) * (q @ k) / np.sqrt(size))
    normed = sums / np.sqrt((sums**2).mean(axis=-1, keepdims=True) + retention.EPSILON)
    gate = x @ weights(model)["weight_gate"]
    return (gate * sigmoid(gate) * normed.reshape(TIME, WIDTH)) @ weights(model)["weight_out"]


def plain_wkv(k, v, decay, bonus):
    """Straight from the formula, each row divided by its largest weight so that nothing overflows."""
    result = np.zeros_like(k)
    for t in range(len(k)):
        for c in range(k.shape[1]):
            exponents = [k[i, c] - (t - 1 - i) * decay[c] for i in range(t)] + [bonus[c] + k[t, c]]
            raised = np.exp(np.array(exponents) - max(exponents))
            result[t, c] = raised @ v[: t + 1, c] / raised.sum()
    return result


def plain_rwkv(model, x):
    w = weights(model)
    mean = plain_wkv(x @ w["weight_key"], x @ w["weight_value"], np.exp(w["log_decay"]), w["bonus"])
    return (sigmoid(x @ w["weight_gate"]) * mean) @ w["weight_out"]


def plain_candidate(model, x):
    c = x @ weights(model)["candidate.weight"].T + weights(model)["candidate.bias"]
    return np.where(c >= 0, c + 0.5, sigmoid(c)) if model.positive_candidate else c


def plain_min_gru(model, x):
    c = plain_candidate(model, x)
    z = sigmoid(x @ weights(model)["gate.weight"].T + weights(model)["gate.bias"])
    h, states = np.zeros(WIDTH), []
    for t in range(len(x)):
        h = (1.0 - z[t]) * h + z[t] * c[t]
        states.append(h)
    return np.stack(states)


def plain_min_lstm(model, x):
    c = plain_candidate(model, x)
    gates = sigmoid(x @ weights(model)["gate.weight"].T + weights(model)["gate.bias"])
    h, states = np.zeros(WIDTH), []
    for t in range(len(x)):
        forget, into = gates[t, :WIDTH], gates[t, WIDTH:]
        h = forget / (forget + into) * h + into / (forget + into) * c[t]
        states.append(h)
    return np.stack(states)


def plain_delta_rule(model, x):
    """S (1 - beta k k^T) + beta v k^T, the form of the paper; the model's memory is its transpose."""
    w, size, columns = weights(model), WIDTH // model.heads, []
    for h in range(model.heads):
        part = slice(h * size, (h + 1) * size)
        memory, outputs = np.zeros((size, size)), []
        for token in x:
            q, k, v = (token @ w[f"weight_{name}"][:, part] for name in ("query", "key", "value"))
            q, k = q / np.linalg.norm(q), k / np.linalg.norm(k)
            beta = sigmoid(token @ w["weight_beta"][:, h])
            memory = memory @ (np.eye(size) - beta * np.outer(k, k)) + beta * np.outer(v, k)
            outputs.append(memory @ q)
        columns.append(np.stack(outputs))
    return np.concatenate(columns, axis=1) @ w["weight_out"]


CASES = {
    "linear attention": (LinearAttention, {}, plain_linear_attention),
    "linear attention, 4 heads": (LinearAttention, {"heads": 4}, plain_linear_attention),
    "retention": (Retention, {}, plain_retention),
    "retention, 4 heads": (Retention, {"heads": 4}, plain_retention),
    "wkv": (WKV, {}, plain_rwkv),
    "minGRU": (MinGRU, {}, plain_min_gru),
    "minGRU, positive": (MinGRU, {"positive_candidate": True, "remember": 2.0}, plain_min_gru),
    "minLSTM": (MinLSTM, {}, plain_min_lstm),
    "minLSTM, positive": (MinLSTM, {"positive_candidate": True, "remember": 2.0}, plain_min_lstm),
    "delta rule": (DeltaRule, {}, plain_delta_rule),
    "delta rule, 4 heads, chunks of 5": (DeltaRule, {"heads": 4, "chunk": 5}, plain_delta_rule),
}
CHUNKED = [name for name, (kind, _, _) in CASES.items() if hasattr(kind, "chunked")]


def make(name, seed=0, **more):
    kind, options, _ = CASES[name]
    return kind(WIDTH, generator=generator(seed), **options, **more)


# ---- every model -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CASES)
def test_equals_the_formula_in_plain_loops(name):
    model, x = make(name), noise(2, TIME, WIDTH, scale=2.0)
    wanted = np.stack([CASES[name][2](model, sequence.numpy()) for sequence in x])
    assert error(model(x), wanted) < 1e-9
    assert error(model.recurrent(x), wanted) < 1e-9


@pytest.mark.parametrize("name", CASES)
def test_step_goes_on_where_it_stopped(name):
    model, x = make(name), noise(3, TIME, WIDTH)
    state, wanted = model.start(3), model(x).detach()
    for t in range(TIME):
        y, state = model.step(x[:, t], state)
        assert error(y, wanted[:, t]) < 1e-9


@pytest.mark.parametrize("chunk", [1, 4, 5, TIME, 50])
@pytest.mark.parametrize("name", CHUNKED)
def test_any_chunk_gives_the_same(name, chunk):
    model, x = make(name), noise(2, TIME, WIDTH)
    assert error(model.chunked(x, chunk), model.recurrent(x).detach()) < 1e-9


@pytest.mark.parametrize("name", ["wkv", "minGRU", "minLSTM"])
@pytest.mark.parametrize("length", [1, 2, 37])
def test_any_schedule_of_the_scan_gives_the_same(name, length):
    model, x = make(name), noise(2, length, WIDTH)
    for schedule in (serial, hillis_steele, brent_kung):
        assert error(model(x, schedule), model.recurrent(x).detach()) < 1e-9


@pytest.mark.parametrize("name", CASES)
def test_gradients_agree_too(name):
    model, x = make(name), noise(2, TIME, WIDTH)
    found, wanted = [], []
    for form, into in ((model, found), (model.recurrent, wanted)):
        model.zero_grad()
        form(x).square().sum().backward()
        into += [parameter.grad.clone() for parameter in model.parameters()]
    assert found
    for one, other in zip(found, wanted, strict=True):
        assert error(one, other) < 1e-9


@pytest.mark.parametrize("name", CASES)
def test_no_output_feels_a_later_token_and_every_one_feels_all_before(name):
    model, x = make(name), noise(1, TIME, WIDTH)
    felt = measure.reach(model, x, noise(WIDTH, seed=5))
    assert float(felt.triu(1).max()) == 0.0
    past = torch.ones(TIME, TIME, dtype=torch.bool).tril()
    assert bool((felt[past] > 0).all())


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_state_bytes_are_those_of_the_state(name, dtype):
    model = make(name, dtype=dtype)
    _, state = model.step(torch.zeros(1, WIDTH, dtype=dtype), model.start(1))
    held = sum(part.numel() * part.element_size() for part in state)
    assert model.state_bytes(1) == model.state_bytes(10_000) == held
    assert all(part.dtype == dtype for part in state)


@pytest.mark.parametrize("name", CASES)
def test_weights_come_from_the_generator_alone(name):
    before = torch.get_rng_state()
    first, second, single = make(name), make(name), make(name, dtype=torch.float32)
    assert torch.equal(torch.get_rng_state(), before)
    for one, other, short in zip(first.parameters(), second.parameters(), single.parameters(), strict=True):
        assert torch.equal(one, other)
        assert torch.allclose(one.float(), short, rtol=1e-6, atol=1e-7)
    assert any(
        not torch.equal(one, other)
        for one, other in zip(first.parameters(), make(name, seed=1).parameters(), strict=True)
    )


@pytest.mark.parametrize("name", CASES)
def test_a_thousand_loud_tokens_stay_finite_in_single_precision(name):
    scale = 5.0 if name.startswith("linear attention") else 60.0  # beyond, its weights round to 0
    model, x = make(name, dtype=torch.float32), noise(1, 1000, WIDTH, scale=scale).float()
    parallel, recurrent = model(x), model.recurrent(x)
    assert bool(recurrent.isfinite().all())
    assert error(parallel, recurrent.detach()) < 1e-3
    parallel.sum().backward()
    assert all(bool(parameter.grad.isfinite().all()) for parameter in model.parameters())


@pytest.mark.parametrize("kind", [LinearAttention, Retention, DeltaRule])
def test_heads_must_divide_the_width(kind):
    with pytest.raises(ValueError, match="3 heads do not divide width 8"):
        kind(WIDTH, generator=generator(), heads=3)


# ---- what is special about each ----------------------------------------------------------------------


def test_the_feature_map_is_elu_plus_one_without_its_cancellation():
    x = torch.linspace(-5.0, 5.0, 101, dtype=torch.float64)
    assert torch.allclose(linear_attention.feature_map(x), torch.nn.functional.elu(x) + 1.0, atol=1e-15)
    far = torch.tensor(-50.0, dtype=torch.float64, requires_grad=True)
    mapped = linear_attention.feature_map(far)
    assert float(mapped.detach()) == pytest.approx(np.exp(-50.0), rel=1e-12)
    mapped.backward()
    assert float(far.grad) == pytest.approx(np.exp(-50.0), rel=1e-12)


def test_linear_attention_is_a_mean_of_the_values():
    model, x = LinearAttention(WIDTH, generator=generator(), heads=2), noise(1, TIME, WIDTH)
    with torch.no_grad():
        model.weight_query.zero_()
        model.weight_key.zero_()
    values = x @ model.weight_value
    means = values.cumsum(dim=1) / torch.arange(1, TIME + 1)[:, None]
    assert error(model(x), (means @ model.weight_out).detach()) < 1e-12


def test_each_head_of_retention_fades_at_its_own_rate():
    model = Retention(WIDTH, generator=generator(), heads=4)
    assert model.log_decay.exp().tolist() == pytest.approx([1 - 1 / 32, 1 - 1 / 64, 1 - 1 / 128, 1 - 1 / 256])
    x = noise(1, 101, WIDTH)
    x[:, 1:] = 0.0  # one token, then silence: its memory may only fade
    _, state = model.step(x[:, 0], model.start(1))
    first = state[0]
    for t in range(1, 101):
        _, state = model.step(x[:, t], state)
    faded = model.log_decay.exp()[:, None, None] ** 100 * first
    assert error(state[0], faded.detach()) < 1e-12


@pytest.mark.parametrize("loud", [0.0, 800.0, -800.0])
def test_wkv_knows_no_overflow(loud):
    k, v = loud + noise(1, TIME, WIDTH, scale=30.0), noise(1, TIME, WIDTH, seed=7)
    decay, bonus = noise(WIDTH, seed=8).exp(), noise(WIDTH, seed=9)
    wanted = plain_wkv(k[0].numpy(), v[0].numpy(), decay.numpy(), bonus.numpy())
    assert error(wkv.wkv_parallel(k, v, decay, bonus)[0], wanted) < 1e-9
    state = (torch.zeros(1, WIDTH), torch.zeros(1, WIDTH), torch.full((1, WIDTH), -torch.inf))
    for t in range(TIME):
        y, state = wkv.wkv_step(k[:, t], v[:, t], decay, bonus, state)
        assert error(y[0], wanted[t]) < 1e-9


def test_joining_stretches_of_wkv_is_associative():
    a, b, c = (tuple(noise(1, 3, WIDTH, seed=seed + part) for part in range(4)) for seed in (0, 10, 20))
    left, right = wkv.join(wkv.join(a, b), c), wkv.join(a, wkv.join(b, c))
    for one, other in zip(left, right, strict=True):
        assert error(one, other) < 1e-12


@pytest.mark.parametrize("kind", [MinGRU, MinLSTM])
def test_gates_share_out_one(kind):
    model = kind(WIDTH, generator=generator())
    keep, take = model.elements(noise(5, WIDTH, scale=100.0))
    taken = take / model.candidate(noise(5, WIDTH, scale=100.0))
    assert error(keep + taken, torch.ones(5, WIDTH, dtype=torch.float64)) < 1e-9


@pytest.mark.parametrize("kind", [MinGRU, MinLSTM])
def test_remember_is_slow_to_forget(kind):
    silence = torch.zeros(1, WIDTH, dtype=torch.float64)
    for remember in (-4.0, 0.0, 4.0):
        model = kind(WIDTH, generator=generator(), remember=remember)
        drawn = kind(WIDTH, generator=generator()).gate.bias.detach()
        with torch.no_grad():
            model.gate.bias -= drawn
        keep = model.elements(silence)[0]
        assert error(keep, torch.full((1, WIDTH), float(sigmoid(remember)), dtype=torch.float64)) < 1e-9


def test_the_gates_of_min_lstm_survive_when_both_round_to_zero():
    model = MinLSTM(WIDTH, generator=generator())
    with torch.no_grad():
        model.gate.weight.zero_()
        model.gate.bias[:WIDTH] = -2000.0
        model.gate.bias[WIDTH:] = -2001.0
    keep, _ = model.elements(noise(1, WIDTH))
    assert error(keep, torch.full((1, WIDTH), float(sigmoid(1.0)), dtype=torch.float64)) < 1e-9


def test_the_delta_rule_replaces_what_a_key_held_and_a_sum_does_not():
    model = DeltaRule(WIDTH, generator=generator())
    with torch.no_grad():
        eye = torch.eye(WIDTH, dtype=torch.float64)
        for weight in (model.weight_query, model.weight_value, model.weight_out):
            weight.copy_(eye)
        model.weight_key.copy_(torch.ones_like(eye))  # one key for all tokens with a positive sum
        model.weight_beta.fill_(100.0)  # and beta is 1 for them
    old, new = noise(1, WIDTH, seed=1).abs(), noise(1, WIDTH, seed=2).abs()
    state = model.start(1)
    for token in (old, new):
        _, state = model.step(token, state)
    key = torch.ones(WIDTH, dtype=torch.float64) / WIDTH**0.5
    assert error(key @ state[0][0, 0], new[0]) < 1e-12
    assert error(key @ state[0][0, 0], (old + new)[0]) > 0.1


def test_corrections_solve_their_system():
    k, v = torch.nn.functional.normalize(noise(6, 3, seed=1), dim=-1), noise(6, 3, seed=2)
    beta, memory = torch.sigmoid(noise(6, 1, seed=3)), noise(3, 3, seed=4)
    own, seen = delta_rule.corrections(k, v, beta)
    for t, u in enumerate(own - seen @ memory):
        wanted = beta[t] * (v[t] - k[t] @ memory)
        assert error(u, wanted) < 1e-9
        memory = memory + torch.outer(k[t], u)


# ---- other people's code -----------------------------------------------------------------------------


def others(package, *path):
    """A file of an installed package, run on its own: the package itself would want a GPU."""
    found = importlib.util.find_spec(package)
    if found is None:
        pytest.skip(f"{package} is not installed")
    spec = importlib.util.spec_from_file_location(path[-1][:-3], Path(found.origin).parent.joinpath(*path))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
def test_linear_attention_equals_that_of_flash_linear_attention():
    pytest.importorskip("einops")
    naive = others("fla", "ops", "linear_attn", "naive.py")
    model, x = LinearAttention(WIDTH, generator=generator(), heads=2), noise(2, 128, WIDTH)
    q, k, v = (x @ part for part in (model.weight_query, model.weight_key, model.weight_value))
    q, k, v = (part.detach().unflatten(-1, (2, -1)) for part in (q, k, v))
    q, k = (torch.nn.functional.elu(part) + 1.0 for part in (q, k))
    wanted = naive.naive_chunk_linear_attn(q, k, v, scale=1.0, normalize=True).flatten(2) @ model.weight_out
    assert error(model(x), wanted.detach()) < 1e-9  # it adds 1e-10 to the denominator


@pytest.mark.slow
def test_retention_equals_that_of_flash_linear_attention():
    naive = others("fla", "ops", "retention", "naive.py")
    model, x = Retention(WIDTH, generator=generator(), heads=2), noise(2, 64, WIDTH)
    q, k, v = (x @ part for part in (model.weight_query, model.weight_key, model.weight_value))
    q, k, v = (part.detach().unflatten(-1, (2, -1)).transpose(1, 2) for part in (q, k, v))
    retained = naive.naive_retention(q, k, v)
    normed = torch.nn.functional.rms_norm(retained, (WIDTH // 2,), eps=retention.EPSILON)
    gate = torch.nn.functional.silu(x @ model.weight_gate)
    wanted = gate * normed.transpose(1, 2).flatten(2) @ model.weight_out
    assert error(model(x), wanted.detach()) < 1e-4  # it counts in single precision


@pytest.mark.slow
def test_the_delta_rule_equals_that_of_flash_linear_attention():
    pytest.importorskip("einops")
    naive = others("fla", "ops", "delta_rule", "naive.py")
    model, x = DeltaRule(WIDTH, generator=generator(), heads=2), noise(2, 96, WIDTH)
    q, k, v = (x @ part for part in (model.weight_query, model.weight_key, model.weight_value))
    q, k, v = (part.detach().unflatten(-1, (2, -1)).transpose(1, 2) for part in (q, k, v))
    q, k = (part / part.norm(dim=-1, keepdim=True) for part in (q, k))
    beta = torch.sigmoid(x @ model.weight_beta).detach().transpose(1, 2)
    scaled = q * (WIDTH // 2) ** 0.5  # it divides by that
    read, _ = naive.delta_rule_chunkwise(scaled, k, v, beta, chunk_size=32)
    wanted = read.transpose(1, 2).flatten(2) @ model.weight_out
    assert error(model(x), wanted.detach()) < 1e-9


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "module", "parts"),
    [(MinGRU, "minGRU", "to_hidden_and_gate"), (MinLSTM, "minLSTM", "to_hidden_and_f_i_gate")],
)
def test_gated_recurrences_equal_those_of_mingru_pytorch(kind, module, parts):
    theirs = getattr(pytest.importorskip(f"minGRU_pytorch.{module}"), module)(WIDTH).double()
    model, x = kind(WIDTH, generator=generator(), positive_candidate=True), noise(2, 50, WIDTH)
    with torch.no_grad():
        model.candidate.bias.zero_()
        model.gate.bias.zero_()
        getattr(theirs, parts).weight.copy_(torch.cat((model.candidate.weight, model.gate.weight)))
    assert error(model(x), theirs(x).detach()) < 1e-9


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_wkv_equals_that_of_transformers():
    theirs = pytest.importorskip("transformers.models.rwkv.modeling_rwkv", exc_type=ImportError)
    k, v = noise(2, 50, WIDTH, scale=3.0).float().double(), noise(2, 50, WIDTH, seed=1)
    log_decay, bonus = noise(WIDTH, seed=2), noise(WIDTH, seed=3)
    wanted, _ = theirs.rwkv_linear_attention_cpu(log_decay, bonus, k, v)
    assert error(wkv.wkv_parallel(k, v, log_decay.exp(), bonus), wanted) < 1e-5  # keys in single precision
