"""How a trained network stands what is done to its images: studies on arrays, nothing printed.

    measured = robustness.attacks(Classifier(model, scale=2, offset=-1), images, labels, steps=20)
    {m.setting["epsilon"]: m.count.share for m in measured if m.setting["attack"] == "pgd"}

A study lists settings and measures one at a time (`study`); `STUDIES` holds them all by name.
"""

from specnet.robustness.attack_study import Attacks
from specnet.robustness.auto_attack_study import AutoAttack
from specnet.robustness.band_study import Bands
from specnet.robustness.classifier import Classifier
from specnet.robustness.corruption_study import Corruptions
from specnet.robustness.gradient_masking import HiddenGradients, hidden_gradients
from specnet.robustness.heatmap_study import ErrorMap, Heatmap, error_map, radial_errors
from specnet.robustness.inputs import pixels
from specnet.robustness.measuring import (
    attacks,
    auto_attack,
    bands,
    corruptions,
    heatmap,
    measure,
    shift,
)
from specnet.robustness.shift_study import Shift
from specnet.robustness.study import (
    Count,
    Measured,
    Outcome,
    Setting,
    Study,
    run_study,
    setting_key,
)

__all__ = [
    "STUDIES",
    "Attacks",
    "AutoAttack",
    "Bands",
    "Classifier",
    "Corruptions",
    "Count",
    "ErrorMap",
    "Heatmap",
    "HiddenGradients",
    "Measured",
    "Outcome",
    "Setting",
    "Shift",
    "Study",
    "attacks",
    "auto_attack",
    "bands",
    "corruptions",
    "error_map",
    "heatmap",
    "hidden_gradients",
    "measure",
    "pixels",
    "radial_errors",
    "run_study",
    "setting_key",
    "shift",
]

STUDIES = {
    "bands": Bands,
    "heatmap": Heatmap,
    "attacks": Attacks,
    "shift": Shift,
    "corruptions": Corruptions,
    "autoattack": AutoAttack,
}
