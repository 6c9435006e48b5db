"""The descriptor pool of Vedette's own messages.

Names such as `inference.ModelInferRequest` are registered by other packages too (tritonclient, kserve), perhaps from
another version of the same file; in one shared pool the second registration is an error. In a pool of its own nothing
clashes, and what is on the wire is the same.
"""

from google.protobuf.descriptor_pool import DescriptorPool

POOL = DescriptorPool()
