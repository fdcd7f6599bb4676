"""The names that a recipe can give a layer, and nothing else: one literal table.

Nothing is imported until `resolve` is asked for a class, so that a recipe is checked, and
`specnet layers` answers, before Keras is loaded. A new layer needs one line here.
"""

from importlib import import_module

LAYERS: dict[str, str] = {
    # Between images and spectra
    "rfft2d": "specnet.layers.transforms:RFFT2D",
    "irfft2d": "specnet.layers.transforms:IRFFT2D",
    "to_complex_last": "specnet.layers.transforms:ToComplexLast",
    "from_complex_last": "specnet.layers.transforms:FromComplexLast",
    # Convolutions of spectra
    "linear": "specnet.layers.convolution:LinearConvolution",
    "polynomial": "specnet.layers.convolution:PolynomialConvolution",
    "gaussian": "specnet.layers.convolution:GaussianConvolution",
    "free": "specnet.layers.convolution:FreeConvolution",
    "gaussian_mixture": "specnet.layers.localised:GaussianMixtureConvolution",
    "gabor": "specnet.layers.localised:GaborConvolution",
    "log_gabor": "specnet.layers.localised:LogGaborConvolution",
    "difference_of_gaussians": "specnet.layers.localised:DifferenceOfGaussiansConvolution",
    "butterworth": "specnet.layers.localised:ButterworthConvolution",
    "lorentzian": "specnet.layers.localised:LorentzianConvolution",
    "chebyshev": "specnet.layers.expansions:ChebyshevConvolution",
    "bspline": "specnet.layers.expansions:BSplineConvolution",
    "radial": "specnet.layers.expansions:RadialConvolution",
    "implicit": "specnet.layers.expansions:ImplicitConvolution",
    # Pass bands
    "low_pass": "specnet.layers.pass_bands:LowPass",
    "high_pass": "specnet.layers.pass_bands:HighPass",
    "band_pass": "specnet.layers.pass_bands:BandPass",
    # Dropout of frequencies
    "frequency_dropout": "specnet.layers.dropout:FrequencyDropout",
    "spectral_dropout": "specnet.layers.dropout:SpectralDropout",
    # Activations of spectra
    "mod_relu": "specnet.layers.activations:ModReLU",
    "cardioid": "specnet.layers.activations:Cardioid",
    "spatial_relu": "specnet.layers.activations:SpatialReLU",
    # Convolutions of images, in the frequency domain
    "spectral_conv2d": "specnet.layers.image_convolution:SpectralConv2D",
    "spectral_conv2d_transpose": "specnet.layers.transposed:SpectralConv2DTranspose",
    "spectral_kernel_conv2d": "specnet.layers.spectral_kernels:SpectralKernelConv2D",
    # Pooling and resampling
    "spectral_pooling": "specnet.layers.pooling:SpectralPooling",
    "spectral_upsampling": "specnet.layers.pooling:SpectralUpsampling",
    "crop_spectrum": "specnet.layers.pooling:CropSpectrum",
    "learned_spectral_pooling": "specnet.layers.learned_pooling:LearnedSpectralPooling",
    # Wavelets
    "dwt2d": "specnet.layers.wavelet_transforms:DWT2D",
    "idwt2d": "specnet.layers.wavelet_transforms:IDWT2D",
    "wavelet_pooling": "specnet.layers.wavelet_transforms:WaveletPooling",
    # Keras: convolutions of images
    "conv2d": "keras.layers:Conv2D",
    "conv2d_transpose": "keras.layers:Conv2DTranspose",
    "depthwise_conv2d": "keras.layers:DepthwiseConv2D",
    "separable_conv2d": "keras.layers:SeparableConv2D",
    # Keras: heads and shapes
    "dense": "keras.layers:Dense",
    "flatten": "keras.layers:Flatten",
    "reshape": "keras.layers:Reshape",
    "rescaling": "keras.layers:Rescaling",
    "zero_padding2d": "keras.layers:ZeroPadding2D",
    "up_sampling2d": "keras.layers:UpSampling2D",
    # Keras: activations
    "activation": "keras.layers:Activation",
    "relu": "keras.layers:ReLU",
    "leaky_relu": "keras.layers:LeakyReLU",
    "softmax": "keras.layers:Softmax",
    # Keras: pooling
    "max_pooling2d": "keras.layers:MaxPooling2D",
    "adaptive_max_pooling2d": "keras.layers:AdaptiveMaxPooling2D",
    "average_pooling2d": "keras.layers:AveragePooling2D",
    "global_average_pooling2d": "keras.layers:GlobalAveragePooling2D",
    "global_max_pooling2d": "keras.layers:GlobalMaxPooling2D",
    # Keras: normalisation and regularisation
    "batch_normalization": "keras.layers:BatchNormalization",
    "layer_normalization": "keras.layers:LayerNormalization",
    "dropout": "keras.layers:Dropout",
    "spatial_dropout2d": "keras.layers:SpatialDropout2D",
}

# `linear` is the filter of Wood & Larson (2021); the activation that does nothing needs no name.
ALIASES: dict[str, tuple[str, dict[str, str]]] = {
    name: ("activation", {"activation": name})
    for name in ("elu", "gelu", "sigmoid", "silu", "tanh")
}


def resolve(name: str) -> type:
    """The class of the layer `name`, imported now; KeyError if the table has no such name."""
    module, _, attribute = LAYERS[name].partition(":")
    layer: type = getattr(import_module(module), attribute)
    return layer
