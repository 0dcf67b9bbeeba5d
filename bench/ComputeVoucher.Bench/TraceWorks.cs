using System.Collections.Generic;
using ComputeVoucher.Trace;

namespace ComputeVoucher.Bench;

/// <summary>What a trace adds: the leaves and the tree of a tensor.</summary>
internal static class TraceWorks
{
    public static IEnumerable<Work> All() =>
    [
        new("trace, tensor of 4 KiB", () => Tensor(4 << 10)),
        new("trace, tensor of 256 KiB", () => Tensor(256 << 10)),
    ];

    private static RunningWork Tensor(int bytes)
    {
        byte[] data = new byte[bytes];
        int[] dims = [bytes];
        return new RunningWork(() => TraceTree.TensorHash(TensorType.Int8, dims, data));
    }
}
