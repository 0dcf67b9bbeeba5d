using System.Linq;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Trace.Tests.Support;

/// <summary>
/// A list of pattern tensors with its hashes and its root, made by the plain tree.
/// </summary>
internal sealed class TestList
{
    private readonly (TensorType Type, int[] Dims)[] _shapes;

    private TestList((TensorType Type, int[] Dims)[] shapes)
    {
        _shapes = shapes;
        Data = [.. shapes.Select((s, i) => Pattern.Bytes(
            s.Dims.Aggregate(1, (a, b) => a * b) * TraceTree.ElementBytes(s.Type), start: 31 * i))];
        byte[][] hashes = [.. shapes.Select(
            (s, i) => PlainTree.TensorHash((byte)s.Type, s.Dims, Data[i]))];
        Hashes = [.. hashes.Select(h => new Bytes32(h))];
        Root = new Bytes32(PlainTree.ListRoot([.. hashes]));
    }

    public byte[][] Data { get; }

    public Bytes32[] Hashes { get; }

    public Bytes32 Root { get; }

    public static TestList Of((TensorType Type, int[] Dims)[] shapes) => new(shapes);

    public Opening Open(int tensor, int first, int count) => Opening.Create(
        Hashes, tensor, _shapes[tensor].Type, _shapes[tensor].Dims, Data[tensor], first, count);
}
