"""Asking for memory ahead of its use, from compiled code.

Rows of ties lie all over memory, and waiting for one costs a hundred times what adding one to a
counter does. A kernel that knows where it will look a few people later asks for that now; the
processor fetches it meanwhile. It changes no number. Where a row's ties lead need not be asked for:
loops without hard branches run so far ahead that the processor does it by itself.
"""

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

#: People ahead whose row is asked for: far enough to cover a wait, near enough not to be pushed out
#: again.
ROW_AHEAD = 24


@intrinsic
def prefetch(typing_context: Any, array: Any, index: Any) -> Any:
    """Ask for the memory of array[index]; an index outside is harmless only within the next page,
    so keep inside."""
    signature = types.void(array, types.int64)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kind = signature.args[0]
        held = context.make_array(kind)(context, builder, arguments[0])
        place = cgutils.get_item_pointer(  # type: ignore[no-untyped-call]
            context, builder, kind, held, [arguments[1]]
        )
        byte_pointer = ir.IntType(8).as_pointer()
        number = ir.IntType(32)
        instruction = builder.module.declare_intrinsic(
            "llvm.prefetch",
            [byte_pointer],
            ir.FunctionType(ir.VoidType(), [byte_pointer, number, number, number]),
        )
        # To read, keep in all caches, data.
        how = [ir.Constant(number, 0), ir.Constant(number, 3), ir.Constant(number, 1)]
        builder.call(instruction, [builder.bitcast(place, byte_pointer), *how])
        return context.get_dummy_value()

    return signature, generate
