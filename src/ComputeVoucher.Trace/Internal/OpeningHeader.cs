using System;
using System.Buffers.Binary;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Trace.Internal;

/// <summary>
/// The first 51 bytes of an opening, checked, and all sizes that follow from them.
/// </summary>
internal sealed class OpeningHeader
{
    private const byte Version = 1;
    private const int VersionAt = 0;
    private const int TensorCountAt = 1;
    private const int TensorIndexAt = 5;
    private const int TypeAt = 9;
    private const int RankAt = 10;
    private const int DimsAt = 11;
    private const int FirstElementAt = DimsAt + 4 * TraceTree.RankMax;
    private const int ElementCountAt = FirstElementAt + 4;

    public required int TensorCount { get; init; }

    public required int TensorIndex { get; init; }

    public required TensorType Type { get; init; }

    public required int[] Dims { get; init; }

    public required int FirstElement { get; init; }

    public required int ElementCount { get; init; }

    /// <summary>Bytes of the whole tensor.</summary>
    public int DataBytes => TraceTree.DataBytes(Type, Dims);

    /// <summary>Where the opened elements start in the tensor's bytes.</summary>
    public int FirstByte => FirstElement * TraceTree.ElementBytes(Type);

    /// <summary>Bytes of the opened elements.</summary>
    public int ByteCount => ElementCount * TraceTree.ElementBytes(Type);

    public int FirstLeaf => FirstByte / TraceTree.LeafBytes;

    public int LastLeaf => (FirstByte + ByteCount - 1) / TraceTree.LeafBytes;

    public int OpenedLeaves => LastLeaf - FirstLeaf + 1;

    /// <summary>Leaves of the whole tensor.</summary>
    public int LeafCount =>
        (int)(((long)DataBytes + TraceTree.LeafBytes - 1) / TraceTree.LeafBytes);

    public NodeRange LeafRange => new(FirstLeaf, LastLeaf, LeafCount);

    public NodeRange TensorRange => new(TensorIndex, TensorIndex, TensorCount);

    /// <summary>Length of the whole encoding.</summary>
    public long EncodedBytes => Opening.HeaderBytes
        + (long)OpenedLeaves * TraceTree.LeafBytes
        + (long)Bytes32.Size * (LeafRange.PathSiblings + TensorRange.PathSiblings);

    /// <summary>Whether everything is in range; the other members count on it.</summary>
    public bool IsValid()
    {
        if (TensorCount is < 1 or > TraceTree.ListCountMax
            || TensorIndex < 0 || TensorIndex >= TensorCount
            || !Enum.IsDefined(Type) || Dims.Length > TraceTree.RankMax)
        {
            return false;
        }

        long elements = TraceTree.ElementBytes(Type);
        foreach (int dim in Dims)
        {
            elements *= dim;
            if (dim < 1 || elements > int.MaxValue)
            {
                return false;
            }
        }

        elements /= TraceTree.ElementBytes(Type);
        return FirstElement >= 0 && ElementCount >= 1
            && (long)FirstElement + ElementCount <= elements;
    }

    public void Write(Span<byte> header)
    {
        header[..Opening.HeaderBytes].Clear();
        header[VersionAt] = Version;
        BinaryPrimitives.WriteInt32LittleEndian(header[TensorCountAt..], TensorCount);
        BinaryPrimitives.WriteInt32LittleEndian(header[TensorIndexAt..], TensorIndex);
        header[TypeAt] = (byte)Type;
        header[RankAt] = (byte)Dims.Length;
        for (int i = 0; i < Dims.Length; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(header[(DimsAt + 4 * i)..], Dims[i]);
        }

        BinaryPrimitives.WriteInt32LittleEndian(header[FirstElementAt..], FirstElement);
        BinaryPrimitives.WriteInt32LittleEndian(header[ElementCountAt..], ElementCount);
    }

    /// <summary>Null where the bytes are too few, out of range or not canonical.</summary>
    public static OpeningHeader? TryRead(ReadOnlySpan<byte> header)
    {
        if (header.Length < Opening.HeaderBytes || header[VersionAt] != Version
            || header[RankAt] > TraceTree.RankMax)
        {
            return null;
        }

        int rank = header[RankAt];
        if (header[(DimsAt + 4 * rank)..FirstElementAt].ContainsAnyExcept((byte)0))
        {
            return null;
        }

        int[] dims = new int[rank];
        for (int i = 0; i < rank; i++)
        {
            dims[i] = BinaryPrimitives.ReadInt32LittleEndian(header[(DimsAt + 4 * i)..]);
        }

        OpeningHeader read = new()
        {
            TensorCount = BinaryPrimitives.ReadInt32LittleEndian(header[TensorCountAt..]),
            TensorIndex = BinaryPrimitives.ReadInt32LittleEndian(header[TensorIndexAt..]),
            Type = (TensorType)header[TypeAt],
            Dims = dims,
            FirstElement = BinaryPrimitives.ReadInt32LittleEndian(header[FirstElementAt..]),
            ElementCount = BinaryPrimitives.ReadInt32LittleEndian(header[ElementCountAt..]),
        };
        return read.IsValid() ? read : null;
    }
}
