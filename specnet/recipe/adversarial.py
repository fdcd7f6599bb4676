"""What a recipe may say of training on images that an attack has changed."""

from typing import Annotated

from pydantic import Field

from specnet.recipe.fields import Section

_Share = Annotated[float, Field(gt=0, le=1)]


class Adversarial(Section):
    """Each training image is moved to where the loss is larger; no pixel further than `epsilon`.

    One step is FGSM (Goodfellow et al. 2015), with a random start as Wong et al. (2020) take it;
    several are PGD (Madry et al. 2018).
    """

    epsilon: _Share = Field(
        description="how far a pixel may move, as a share of the way from black to white: 0.0314 "
        "is 8/255"
    )
    steps: int = Field(1, gt=0, le=100, description="gradients for each image")
    step: _Share | None = Field(
        None,
        description="length of a step; left out, it is 2.5 epsilon / steps, of one step 1.25 "
        "epsilon, and epsilon where that begins at the image itself",
    )
    random_start: bool = Field(
        True, description="begin anywhere within epsilon, instead of at the image itself"
    )
    validation_images: int = Field(
        0,
        ge=0,
        le=100_000,
        description="that are attacked after each epoch, by PGD of 10 steps; what it leaves right "
        "chooses the best epoch; 0 for none, and the accuracy on images as they are chooses",
    )

    @property
    def length(self) -> float:
        """Of a step, as a share of the way from black to white."""
        if self.step is not None:
            return self.step
        if self.steps > 1:
            return 2.5 * self.epsilon / self.steps
        return 1.25 * self.epsilon if self.random_start else self.epsilon
