using System;
using ComputeVoucher.Execution.Language;
using ComputeVoucher.Primitives;
using ComputeVoucher.Trace;
using ComputeVoucher.Trace.Internal;

namespace ComputeVoucher.Disputes;

/// <summary>Adjacent 128-byte leaves of one parameter row, proven against a model root.</summary>
/// <param name="Id">Kind of parameter.</param>
/// <param name="Layer">Its layer; 0 where there is none.</param>
/// <param name="Row">Row of the matrix, or position of the rotary table.</param>
/// <param name="FirstLeaf">First leaf opened.</param>
/// <param name="Leaves">128 bytes each, zero beyond the row.</param>
/// <param name="Siblings">Path of the leaves within the row, 32 bytes each.</param>
/// <param name="Path">Path of the row.</param>
internal sealed record RowOpening(
    WeightId Id, int Layer, int Row, int FirstLeaf, byte[] Leaves, byte[] Siblings,
    ParameterPath Path)
{
    /// <summary>Leaves <paramref name="first"/> to <paramref name="last"/> of a row.</summary>
    public static RowOpening Of(
        WeightId id, int layer, int row, ReadOnlySpan<byte> bytes, int first, int last,
        ParameterPath path)
    {
        NodeRange range = new(first, last, LeafCount(bytes.Length));
        byte[] leaves = new byte[range.Known * TraceTree.LeafBytes];
        int from = first * TraceTree.LeafBytes;
        bytes[from..Math.Min(bytes.Length, from + leaves.Length)].CopyTo(leaves);
        byte[] siblings = new byte[range.PathSiblings * Bytes32.Size];
        var level = new Bytes32[TraceTree.RoundUp(range.Count)];
        _ = TraceTree.HashLeaves(bytes, level, scalar: false);
        _ = new PathWriter(siblings).Write(level, range);
        return new RowOpening(id, layer, row, first, leaves, siblings, path);
    }

    /// <summary>Whether a model with this root and architecture has these bytes there.</summary>
    public bool Proves(LlamaArchitecture model, in Bytes32 architecture, in Bytes32 modelRoot)
    {
        if (!Enum.IsDefined(Id) || Layer < 0 || Layer >= model.Shape.Layers)
        {
            return false;
        }

        int bytes = model.RowBytes(Id, Layer);
        int count = Leaves.Length / TraceTree.LeafBytes;
        NodeRange range = new(FirstLeaf, FirstLeaf + count - 1, LeafCount(bytes));
        if (Leaves.Length != count * TraceTree.LeafBytes || count == 0 || FirstLeaf < 0 ||
            range.Last >= range.Count || Siblings.Length != range.PathSiblings * Bytes32.Size)
        {
            return false;
        }

        var known = new Bytes32[count];
        _ = TraceTree.HashLeaves(Leaves, known, scalar: false);
        Bytes32 root = new PathReader(Siblings).Root(known, range);
        return Path.Proves(
            LlamaRoots.Leaf(Id, Layer, Row, bytes, root), architecture, modelRoot);
    }

    private static int LeafCount(int bytes) =>
        (bytes + TraceTree.LeafBytes - 1) / TraceTree.LeafBytes;
}
