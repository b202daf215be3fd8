"""Networks as published: each has exactly the published number of parameters, in the check and in the program."""

from collections.abc import Callable
from functools import cache

import pytest
import torch
from torch import nn

from tests.catalog import references
from tests.programs import batch_of, call, names_of, text_of
from workbench.catalog.check import Analysis, analyse
from workbench.catalog.samples import SAMPLES
from workbench.catalog.templates import load, templates

COUNTS = {
    "alexnet": 61_100_840,
    "vgg16": 138_357_544,
    "vgg19": 143_667_240,
    "googlenet": 6_624_904,
    "googlenet-aux": 13_004_888,
    "resnet18": 11_689_512,
    "resnet34": 21_797_672,
    "resnet50": 25_557_032,
    "resnet101": 44_549_160,
    "resnet152": 60_192_808,
    "densenet121": 7_978_856,
    "mobilenet-v2": 3_504_872,
    "resnet20-cifar": 269_722,
    "r3d-18": 33_371_472,
    "unet": 31_030_658,
    "m5": 26_915,
    "vit-b-16": 86_567_656,
    "bert-base": 109_482_240,
    "gpt2": 124_439_808,
    "transformer-base": 44_140_544,
}
MULTIPLY_ADDS = {  # for one example, as torchvision counts them
    "alexnet": 714_188_480,
    "vgg16": 15_470_264_320,
    "vgg19": 19_632_062_464,
    "googlenet": 1_498_376_192,
    "resnet18": 1_814_073_344,
    "resnet34": 3_663_761_408,
    "resnet50": 4_089_184_256,
    "resnet101": 7_801_405_440,
    "resnet152": 11_513_626_624,
    "densenet121": 2_834_161_664,
    "mobilenet-v2": 300_774_272,
    "r3d-18": 40_696_553_472,
    "vit-b-16": 17_563_828_224,
}
REFERENCES: dict[str, Callable[[], nn.Module]] = {
    "resnet18": references.ResNet18,
    "googlenet": references.GoogLeNet,
    "densenet121": references.DenseNet121,
    "mobilenet-v2": references.MobileNetV2,
}


@cache
def analysis_of(id: str) -> Analysis:
    return analyse(load(id), SAMPLES)


@cache
def written(id: str) -> str:
    return text_of(load(id))


def test_landmarks_stand_on_data_to_be_chosen_and_all_others_on_samples() -> None:
    for each in templates():
        told = [problem.message for problem in analysis_of(each.id).problems]
        later = any(message.startswith("no dataset is chosen yet") for message in told)
        assert later == each.landmark, each.id
    assert set(COUNTS) <= {each.id for each in templates() if each.landmark}


@pytest.mark.parametrize("id", COUNTS)
def test_it_has_the_published_number_of_weights_and_all_of_them_learn(id: str) -> None:
    analysis = analysis_of(id)
    assert analysis.parameters == COUNTS[id]
    assert analysis.operations == MULTIPLY_ADDS.get(id, analysis.operations)
    batch = batch_of(analysis)
    with torch.device("meta"):  # sizes only: no time is spent on millions of numbers
        program = names_of(written(id))["Program"]()
        losses = call(program, "update_train", {name: value.to("meta") for name, value in batch.items()})
        whole = next(iter(losses.values()))
        whole.backward()
    assert whole.shape == ()
    assert sum(weight.numel() for weight in program.parameters()) == COUNTS[id]
    assert all(weight.grad is not None for weight in program.parameters())


@pytest.mark.parametrize("id", REFERENCES)
def test_it_computes_what_the_network_written_by_hand_computes(id: str) -> None:
    torch.manual_seed(0)
    program = names_of(written(id))["Program"]().double().eval()
    reference = REFERENCES[id]().double().eval()
    images = torch.rand(2, 3, 64, 64, dtype=torch.float64)
    for module in program.modules():  # running figures that are not 0 and 1 show where they are used
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, std=0.1)
            assert module.running_mean is not None and module.running_var is not None
            nn.init.normal_(module.running_mean, std=0.1)
            nn.init.uniform_(module.running_var, 0.5, 1.5)
    reference.load_state_dict(program.state_dict())
    with torch.no_grad():
        found, wanted = call(program, "scores", images), reference(images)
    assert wanted.std() > 1e-3
    torch.testing.assert_close(found, wanted, rtol=1e-5, atol=1e-5 * float(wanted.abs().max()))
