"""State-space models, SRU and the hybrid stack: every form against loops written from the formula."""

import math
import warnings

import numpy as np
import pytest
import torch
from quizapp.verifiers.models import state_space_dual as ssd
from quizapp.verifiers.models.attention import Cache
from quizapp.verifiers.models.depthwise_recurrence import SRU
from quizapp.verifiers.models.hybrid import Hybrid
from quizapp.verifiers.models.long_convolution import LongConvolution
from quizapp.verifiers.models.selective_ssm import STEPS, SelectiveSSM
from quizapp.verifiers.models.state_space_dual import StateSpaceDual

WIDTH, STATE = 6, 4
MAKERS = {
    "selective": lambda **how: SelectiveSSM(WIDTH, generator=seeded(), state_width=STATE, rank=2, **how),
    "dual": lambda **how: StateSpaceDual(WIDTH, 3, generator=seeded(), state_width=STATE, **how),
    "long convolution": lambda **how: LongConvolution(WIDTH, generator=seeded(), state_width=STATE, **how),
    "sru": lambda **how: SRU(WIDTH, generator=seeded(), highway_bias=-1.0, **how),
    "sru scanned": lambda **how: SRU(WIDTH, generator=seeded(), peepholes=False, **how),
    "hybrid": lambda **how: Hybrid(WIDTH, 2, "rra", generator=seeded(), state_width=STATE, **how),
    "hybrid window": lambda **how: Hybrid(
        WIDTH, 3, "ara", generator=seeded(), window=4, state_width=STATE, **how
    ),
}
FORMS = {
    "recurrent": lambda model, x: model.recurrent(x),
    "direct": lambda model, x: model.direct(x),
    **{f"chunks of {c}": lambda model, x, c=c: model.chunked(x, c) for c in (1, 3, 8, 50)},
}
PAIRS = [
    *((name, "recurrent") for name in MAKERS),
    ("long convolution", "direct"),
    *(("dual", form) for form in FORMS if form.startswith("chunks")),
]


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def noise(*shape, seed=99):
    return torch.randn(*shape, generator=seeded(seed), dtype=torch.float64)


def make(name, **how):
    """A model whose every parameter has been moved, so that none is at a special value."""
    model, generator = MAKERS[name](**how), seeded(7)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 0.2 * torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
    return model


def weights(model):
    return {name: parameter.detach().numpy() for name, parameter in model.named_parameters()}


def close(found, wanted, within=1e-9):
    wanted = torch.as_tensor(np.asarray(wanted))
    assert found.shape == wanted.shape
    assert (found - wanted).abs().max().item() < within * max(1.0, wanted.abs().max().item())


# ---- the formulas, one number at a time ---------------------------------------------------------------


def sigmoid(value):
    return 1.0 / (1.0 + math.exp(-value))


def softplus(value):
    return math.log1p(math.exp(value))


def selective_loops(model, x):
    """S6 of one sequence x [time, width], number by number."""
    w, outputs = weights(model), np.zeros(x.shape)  # [time, width]
    h = np.zeros(w["log_rate"].shape)  # [width, state]
    for t, token in enumerate(x):
        low = [sum(row * token) for row in w["weight_down"]]
        b = [sum(row * token) for row in w["weight_b"]]
        c = [sum(row * token) for row in w["weight_c"]]
        for i, value in enumerate(token):
            delta = softplus(sum(w["weight_up"][i] * low) + w["bias_step"][i])
            outputs[t, i] = w["skip"][i] * value
            for n in range(h.shape[1]):
                rate = -math.exp(w["log_rate"][i, n])
                h[i, n] = math.exp(delta * rate) * h[i, n] + delta * b[n] * value
                outputs[t, i] += c[n] * h[i, n]
    return outputs


def dual_loops(model, x):
    """SSD of one sequence x [time, width] as the explicit sum over the tokens before."""
    w, outputs, time = weights(model), np.zeros(x.shape), len(x)  # [time, width]
    b, c = x @ w["weight_b"].T, x @ w["weight_c"].T  # [time, state]
    wide = x.shape[1] // model.heads
    for channel in range(x.shape[1]):
        head = channel // wide
        deltas = [softplus(sum(w["weight_step"][head] * token) + w["bias_step"][head]) for token in x]
        rate = -math.exp(w["log_rate"][head])
        for i in range(time):
            outputs[i, channel] = w["skip"][head] * x[i, channel]
            for j in range(i + 1):
                decay = math.exp(rate * math.fsum(deltas[j + 1 : i + 1]))
                outputs[i, channel] += decay * (c[i] @ b[j]) * deltas[j] * x[j, channel]
    return outputs


def convolution_loops(model, x):
    """S4D of one sequence x [time, width], mode by mode in Python's complex numbers."""
    w, outputs = weights(model), np.zeros(x.shape)  # [time, width]
    for channel in range(x.shape[1]):
        delta = math.exp(w["log_step"][channel])
        outputs[:, channel] = w["skip"][channel] * x[:, channel]
        for n in range(w["frequency"].shape[1]):
            rate = complex(-math.exp(w["log_decay"][channel, n]), w["frequency"][channel, n])
            a = np.exp(delta * rate)
            b, h = (a - 1) / rate, 0j
            for t in range(len(x)):
                h = a * h + b * x[t, channel]
                outputs[t, channel] += 2 * (complex(*w["readout"][channel, n]) * h).real
    return outputs


def sru_loops(model, x):
    """SRU of one sequence x [time, width], number by number."""
    w, outputs, c = weights(model), np.zeros(x.shape), np.zeros(x.shape[1])
    width, peek = x.shape[1], w.get("peek", np.zeros((2, x.shape[1])))
    for t, token in enumerate(x):
        for i in range(width):
            rows = [sum(w["weight"][part * width + i] * token) for part in range(3)]
            f = sigmoid(rows[1] + peek[0, i] * c[i] + w["bias"][0, i])
            r = sigmoid(rows[2] + peek[1, i] * c[i] + w["bias"][1, i])
            c[i] = f * c[i] + (1 - f) * rows[0]
            outputs[t, i] = r * c[i] + (1 - r) * model.scale * token[i]
    return outputs


def normed(x, weight, bias):
    centred = x - x.mean(axis=-1, keepdims=True)
    return centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-5) * weight + bias


def attention_loops(mixer, x):
    """Causal attention of one sequence x [time, width], query by query."""
    w, outputs = weights(mixer), np.zeros(x.shape)  # [time, width]
    q, k, v = (x @ w[f"{part}.weight"].T + w[f"{part}.bias"] for part in ("query", "key", "value"))
    wide = x.shape[1] // mixer.heads
    for i in range(len(x)):
        first = 0 if mixer.window is None else max(0, i + 1 - mixer.window)
        for head in range(mixer.heads):
            part = slice(head * wide, (head + 1) * wide)
            raised = [math.exp(q[i, part] @ k[j, part] / math.sqrt(wide)) for j in range(first, i + 1)]
            share = np.array(raised) / sum(raised)
            outputs[i, part] = share @ v[first : i + 1, part]
    return outputs @ w["out.weight"].T + w["out.bias"]


def hybrid_loops(model, x):
    """The stack of one sequence x [time, width], layer by layer."""
    for block, kind in zip(model.blocks, model.pattern, strict=True):
        w = weights(block)
        mix = selective_loops if kind == "r" else attention_loops
        x = x + mix(block.mixer, normed(x, w["mixer_norm.weight"], w["mixer_norm.bias"]))
        wide = normed(x, w["mlp_norm.weight"], w["mlp_norm.bias"]) @ w["up.weight"].T + w["up.bias"]
        gelu = wide * np.vectorize(lambda value: 0.5 * (1 + math.erf(value / math.sqrt(2))))(wide)
        x = x + gelu @ w["down.weight"].T + w["down.bias"]
    return normed(x, *(p.detach().numpy() for p in (model.last_norm.weight, model.last_norm.bias)))


LOOPS = {
    "selective": selective_loops,
    "dual": dual_loops,
    "long convolution": convolution_loops,
    "sru": sru_loops,
    "sru scanned": sru_loops,
    "hybrid": hybrid_loops,
    "hybrid window": hybrid_loops,
}


@pytest.mark.parametrize("name", MAKERS)
def test_forward_is_the_formula(name):
    model, x = make(name), noise(2, 11, WIDTH)
    close(model(x), [LOOPS[name](model, sequence.numpy()) for sequence in x])


@pytest.mark.parametrize("length", [1, 2, 7, 33])
@pytest.mark.parametrize(("name", "form"), PAIRS)
def test_all_forms_agree(name, form, length):
    model, x = make(name), noise(3, length, WIDTH, seed=length)
    close(FORMS[form](model, x), model(x).detach())


@pytest.mark.parametrize(("name", "form"), PAIRS)
def test_all_forms_have_the_same_gradients(name, form):
    model, x = make(name), noise(2, 9, WIDTH).requires_grad_()
    reading, inputs = noise(2, 9, WIDTH, seed=5), [x, *model.parameters()]
    wanted = torch.autograd.grad((model(x) * reading).sum(), inputs)
    found = torch.autograd.grad((FORMS[form](model, x) * reading).sum(), inputs)
    assert wanted[0].abs().max() > 1e-3
    for one, other in zip(found, wanted, strict=True):
        close(one, other)


# ---- what they all promise -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", MAKERS)
def test_no_output_sees_a_later_token(name):
    model, x = make(name), noise(1, 8, WIDTH)
    other = x.clone()
    other[:, 5:] = noise(1, 3, WIDTH, seed=1)
    moved = (model(other) - model(x)).abs().amax(dim=-1)[0]  # [time]
    assert moved[:5].max() < 1e-12
    assert moved[5:].min() > 1e-6


def tensors_of(state):
    if isinstance(state, torch.Tensor):
        return [state]
    if isinstance(state, Cache):
        return [state.keys, state.values]
    return [tensor for part in state for tensor in tensors_of(part)]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("name", MAKERS)
def test_state_bytes_are_the_bytes_of_the_state(name, dtype):
    model = make(name, dtype=dtype)
    state = model.start(1)
    for t, x_t in enumerate(noise(1, 9, WIDTH).to(dtype).unbind(dim=1), start=1):
        y_t, state = model.step(x_t, state)
        assert y_t.dtype == dtype
        assert sum(tensor.nbytes for tensor in tensors_of(state)) == model.state_bytes(t)


@pytest.mark.parametrize("name", MAKERS)
def test_weights_come_from_the_generator_alone(name):
    before = torch.get_rng_state()
    first, again, single = MAKERS[name](), MAKERS[name](), MAKERS[name](dtype=torch.float32)
    assert torch.equal(before, torch.get_rng_state())
    for one, two, three in zip(first.parameters(), again.parameters(), single.parameters(), strict=True):
        assert torch.equal(one, two)
        assert torch.equal(one.float(), three)


# ---- one by one ------------------------------------------------------------------------------------------


def test_selective_steps_begin_where_the_paper_says():
    model = SelectiveSSM(256, generator=seeded())
    steps = torch.nn.functional.softplus(model.bias_step).detach()
    assert STEPS[0] <= steps.min() < 2e-3
    assert 5e-2 < steps.max() <= STEPS[1]
    assert model.weight_down.shape == (16, 256)
    assert torch.allclose(model.log_rate.exp()[3], torch.arange(1.0, 17.0, dtype=torch.float64))


def test_selection_can_ignore_a_token_and_forget_everything_before_one():
    model, x = make("selective"), noise(1, 6, WIDTH)
    with torch.no_grad():
        model.bias_step.fill_(-60.0)
        close(model(x), (model.skip * x).detach())
        model.bias_step.fill_(200.0)
        decay, _, _ = model.coefficients(x)
    assert decay.max() < 1e-30


def test_a_selective_scan_that_ignores_decay_is_found_out(monkeypatch):
    def forgetful(earlier, later):
        return later[0] * earlier[0], earlier[1] + later[1]

    model, x = make("selective"), noise(2, 11, WIDTH)
    monkeypatch.setattr("quizapp.verifiers.models.selective_ssm.affine", forgetful)
    assert (model(x) - model.recurrent(x)).abs().max() > 1e-3


def test_decay_mask_by_hand():
    mask = ssd.decay_mask(torch.tensor([-5.0, -1.0, -2.0], dtype=torch.float64))
    wanted = [[1, 0, 0], [math.exp(-1), 1, 0], [math.exp(-3), math.exp(-2), 1]]
    close(mask, wanted, within=1e-15)


def test_decay_mask_keeps_its_digits_after_much_decay():
    """A difference of running sums would have lost them: 1e17 + 1 - 1e17 is 0."""
    mask = ssd.decay_mask(torch.tensor([-1.0, -1e17, -1.0, -1.0], dtype=torch.float64))
    assert mask[3, 2].item() == math.exp(-1)
    assert mask[2, 0].item() == 0.0
    assert torch.isfinite(mask).all()


def test_a_dual_without_decay_is_linear_attention():
    model, x = make("dual"), noise(1, 7, WIDTH)
    with torch.no_grad():
        model.log_rate.fill_(-60.0)
        _, values, b, c = model.coefficients(x)
        scores = (c @ b.transpose(1, 2)).tril()  # [1, time, time]
        y = torch.einsum("bts,bshw->bthw", scores, values).flatten(2)  # [1, time, width]
        close(model.chunked(x, 2), y + model.skip.repeat_interleave(2) * x)


def test_wrong_shapes_are_errors():
    with pytest.raises(ValueError, match="heads"):
        StateSpaceDual(6, 4, generator=seeded())
    with pytest.raises(ValueError, match="at least one"):
        make("dual").chunked(noise(1, 4, WIDTH), 0)
    for pattern in ("", "rxa"):
        with pytest.raises(ValueError, match="letters"):
            Hybrid(6, 2, pattern, generator=seeded())


def test_the_response_to_an_impulse_is_the_kernel_and_moves_with_it():
    model = make("long convolution")
    impulse = torch.zeros(1, 12, WIDTH, dtype=torch.float64)
    impulse[:, 3] = 1.0
    response = model.recurrent(impulse)[0].T.detach()  # [width, time]
    assert response[:, :3].abs().max() == 0.0
    kernel = model.kernel(9).detach()  # [width, time]
    kernel[:, 0] += model.skip.detach()  # [width]
    close(response[:, 3:], kernel, within=1e-12)
    assert not torch.allclose(kernel[0], kernel[1])


def test_sru_without_peepholes_is_sru_with_peepholes_of_zero():
    scanned, looped = MAKERS["sru scanned"](), SRU(WIDTH, generator=seeded())
    x = noise(2, 10, WIDTH)
    assert (looped(x) - scanned(x)).abs().max() > 1e-3
    with torch.no_grad():
        looped.peek.zero_()
    close(scanned(x), looped(x).detach())


def test_the_scale_keeps_the_variance():
    x = noise(4, 200, 64)
    for bias in (0.0, -3.0):
        model = SRU(64, generator=seeded(), peepholes=False, highway_bias=bias)
        assert model.scale == pytest.approx(math.sqrt(1 + 2 * math.exp(bias)))
        assert model.bias[:, 0].tolist() == [0.0, bias]
        assert 0.6 < model(x).var().item() < 1.4


def test_only_attention_layers_let_the_state_grow():
    for pattern in ("r", "rra", "arraa"):
        model = Hybrid(8, 2, pattern, generator=seeded())
        growth = model.state_bytes(1001) - model.state_bytes(1000)
        assert growth == pattern.count("a") * 2 * 8 * 8
        assert model.state_bytes(0) == pattern.count("r") * 8 * 16 * 8
    windowed = Hybrid(8, 2, "rra", generator=seeded(), window=16)
    assert windowed.state_bytes(15) < windowed.state_bytes(16) == windowed.state_bytes(1000)


# ---- what others have built: skipped unless installed --------------------------------------------------


def mixer_of(kind, **config):
    """A mixer of transformers whose convolution and projection out do nothing; what goes in is still 0."""
    transformers = pytest.importorskip("transformers")
    module = pytest.importorskip(f"transformers.models.{kind}.modeling_{kind}")
    config |= {"hidden_size": WIDTH, "state_size": STATE, "expand": 1, "conv_kernel": 2, "use_bias": True}
    made = getattr(transformers, f"{kind.capitalize()}Config")(
        num_hidden_layers=1, hidden_act="linear", **config
    )
    mixer = getattr(module, f"{kind.capitalize()}Mixer")(made, layer_idx=0).double().eval()
    with torch.no_grad():
        mixer.conv1d.weight[:], mixer.conv1d.bias[:] = torch.tensor([0.0, 1.0]), 0.0
        mixer.out_proj.weight[:], mixer.out_proj.bias[:] = torch.eye(WIDTH), 0.0
        mixer.in_proj.weight[:], mixer.in_proj.bias[:] = 0.0, 0.0
    return mixer


GATE = torch.nn.functional.silu(torch.tensor(1.0)).item()


@pytest.mark.slow
def test_selective_is_the_mixer_of_transformers():
    """Its code works in float32 in places, so agreement is to 1e-5."""
    model, x = make("selective"), noise(2, 11, WIDTH)
    mixer = mixer_of("mamba", time_step_rank=2)
    with torch.no_grad():
        mixer.in_proj.weight[:WIDTH], mixer.in_proj.bias[WIDTH:] = torch.eye(WIDTH), 1.0
        mixer.x_proj.weight[:] = torch.cat((model.weight_down, model.weight_b, model.weight_c))
        mixer.dt_proj.weight[:], mixer.dt_proj.bias[:] = model.weight_up, model.bias_step
        mixer.A_log[:], mixer.D[:] = model.log_rate, model.skip
        close(mixer(x) / GATE, model(x), within=1e-5)


@pytest.mark.slow
def test_dual_is_the_mixer_of_transformers():
    """Its code works in float32 in places, so agreement is to 1e-5; its last norm is done here too."""
    model, x = make("dual"), noise(2, 11, WIDTH)
    mixer = mixer_of("mamba2", num_heads=3, head_dim=2, n_groups=1, chunk_size=4, layer_norm_epsilon=0.0)
    with torch.no_grad():
        mixer.in_proj.weight[WIDTH:] = torch.cat(
            (torch.eye(WIDTH), model.weight_b, model.weight_c, model.weight_step)
        )
        mixer.in_proj.bias[:WIDTH] = 1.0
        mixer.dt_bias[:], mixer.A_log[:], mixer.D[:] = model.bias_step, model.log_rate, model.skip
        for y in (model(x), model.chunked(x, 3), model.recurrent(x)):  # [batch, time, width]
            close(mixer(x), y / y.square().mean(dim=-1, keepdim=True).sqrt(), within=1e-5)


@pytest.mark.slow
def test_long_convolution_is_a_bank_of_filters_of_scipy():
    """Each mode and its conjugate are one real filter of second order."""
    signal = pytest.importorskip("scipy.signal")
    model, x = make("long convolution"), noise(1, 300, WIDTH)
    w = weights(model)
    wanted = w["skip"] * x[0].numpy()  # [time, width]
    for channel, mode in np.ndindex(w["frequency"].shape):
        rate = -np.exp(w["log_decay"][channel, mode]) + 1j * w["frequency"][channel, mode]
        a = np.exp(rate * np.exp(w["log_step"][channel]))
        gain = complex(*w["readout"][channel, mode]) * (a - 1) / rate
        above = [2 * gain.real, -2 * (gain * a.conj()).real]
        below = [1.0, -2 * a.real, abs(a) ** 2]
        wanted[:, channel] += signal.lfilter(above, below, x[0, :, channel].numpy())
    close(model(x)[0], wanted)


@pytest.mark.slow
def test_sru_is_the_layer_of_its_authors():
    """Importing it compiles C++, and it warns when there is no CUDA."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sru = pytest.importorskip("sru")
        model, x = make("sru"), noise(2, 11, WIDTH).float()
        cell = sru.SRUCell(WIDTH, WIDTH, highway_bias=-1.0, rescale=True)
        with torch.no_grad():
            # Their columns go channel by channel, the three matrices within a channel.
            cell.weight[:] = model.weight.unflatten(0, (3, WIDTH)).permute(2, 1, 0).flatten(1)
            cell.weight_c[:], cell.bias[:] = model.peek.flatten(), model.bias.flatten()
            cell.scale_x[:] = model.scale
            theirs, _ = cell(x.transpose(0, 1))  # [time, batch, width]
            close(theirs.transpose(0, 1).double(), model(x.double()), within=1e-5)
