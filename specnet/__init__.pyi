from specnet.workflow.in_python import Run as Run
from specnet.workflow.in_python import load as load
from specnet.workflow.in_python import train as train

__version__: str
