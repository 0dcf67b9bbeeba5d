using System;
using System.Diagnostics.CodeAnalysis;
using ComputeVoucher.Primitives;
using ComputeVoucher.Trace.Internal;

namespace ComputeVoucher.Trace;

/// <summary>
/// Proof of a range of elements of one tensor of a list, checked against nothing but the list root.
/// One encoding per statement; integers little endian, as in the hashes they go into:
/// <code>
///  at  bytes
///   0      1  version, 01
///   1      4  tensors in the list, 1 … 2^24
///   5      4  index of the tensor, from 0
///   9      1  dtype
///  10      1  rank, 0 … 8
///  11     32  8 dimensions u32, those beyond the rank zero
///  43      4  first element
///  47      4  number of elements, at least 1
///  51  128 n  the n leaves that hold those elements; bytes beyond the tensor's end are zero
///   …   32 m  tree over the leaves: for each level from the leaves up, the siblings that the
///             known nodes need to make whole groups of 4, left to right
///   …   32 k  tree over the tensor hashes: the same, from the one known hash
/// </code>
/// n, m and k follow from the header: known nodes lo … hi of a level of c need the nodes from
/// 4⌊lo/4⌋ to min(c, 4⌊hi/4⌋ + 4) − 1 that are not among them; siblings beyond c are 32 zero
/// bytes and are not sent. The verifier hashes leaves, then groups, level by level until one node
/// is left, then tensor and list as <see cref="TraceTree"/> says, and compares.
/// </summary>
public sealed class Opening
{
    /// <summary>Bytes before the leaves.</summary>
    public const int HeaderBytes = 51;

    /// <summary>
    /// Longest encoding: 128 KiB, the size beyond which public transaction pools refuse a
    /// transaction (txMaxSize of go-ethereum), so that any opening could go on chain.
    /// </summary>
    public const int EncodedBytesMax = 128 * 1024;

    private readonly byte[] _encoded;
    private readonly OpeningHeader _header;

    private Opening(byte[] encoded, OpeningHeader header)
    {
        _encoded = encoded;
        _header = header;
    }

    /// <summary>Tensors in the list.</summary>
    public int TensorCount => _header.TensorCount;

    /// <summary>Place of the tensor in the list, from 0.</summary>
    public int TensorIndex => _header.TensorIndex;

    public TensorType Type => _header.Type;

    /// <summary>Shape of the tensor.</summary>
    public ReadOnlySpan<int> Dims => _header.Dims;

    /// <summary>First element opened, counted in the tensor's own order.</summary>
    public int FirstElement => _header.FirstElement;

    /// <summary>Elements opened.</summary>
    public int ElementCount => _header.ElementCount;

    /// <summary>The canonical bytes.</summary>
    public ReadOnlySpan<byte> Encoded => _encoded;

    /// <summary>
    /// The elements' bytes, little endian. Worth nothing before <see cref="Verify"/>.
    /// </summary>
    public ReadOnlySpan<byte> Data => _encoded.AsSpan(
        HeaderBytes + _header.FirstByte - _header.FirstLeaf * TraceTree.LeafBytes,
        _header.ByteCount);

    /// <summary>Opens elements of one tensor of a list.</summary>
    /// <param name="tensorHashes">The hashes under the list root, in order.</param>
    /// <param name="tensorIndex">
    /// The tensor to open; its hash must be that of the next three.
    /// </param>
    /// <param name="type">Its element type.</param>
    /// <param name="dims">Its shape.</param>
    /// <param name="data">All its bytes.</param>
    /// <param name="firstElement">First element to open.</param>
    /// <param name="elementCount">Elements to open, at least one.</param>
    /// <exception cref="ArgumentException">
    /// Out of range, an encoding of more than <see cref="EncodedBytesMax"/>, or another tensor.
    /// </exception>
    public static Opening Create(
        ReadOnlySpan<Bytes32> tensorHashes, int tensorIndex,
        TensorType type, ReadOnlySpan<int> dims, ReadOnlySpan<byte> data,
        int firstElement, int elementCount)
    {
        OpeningHeader header = new()
        {
            TensorCount = tensorHashes.Length,
            TensorIndex = tensorIndex,
            Type = type,
            Dims = dims.ToArray(),
            FirstElement = firstElement,
            ElementCount = elementCount,
        };
        if (!header.IsValid() || header.DataBytes != data.Length)
        {
            throw new ArgumentException("no such elements in that tensor, or no such tensor");
        }

        if (header.EncodedBytes > EncodedBytesMax)
        {
            throw new ArgumentException(
                $"an opening of {header.EncodedBytes} bytes, {EncodedBytesMax} at most");
        }

        byte[] encoded = new byte[header.EncodedBytes];
        header.Write(encoded);
        int from = header.FirstLeaf * TraceTree.LeafBytes;
        int length = Math.Min(data.Length - from, header.OpenedLeaves * TraceTree.LeafBytes);
        data.Slice(from, length).CopyTo(encoded.AsSpan(HeaderBytes));

        PathWriter path = new(
            encoded.AsSpan(HeaderBytes + header.OpenedLeaves * TraceTree.LeafBytes));
        Bytes32[] leaves = new Bytes32[TraceTree.RoundUp(header.LeafCount)];
        TraceTree.HashLeaves(data, leaves, scalar: false);
        Bytes32 dataRoot = path.Write(leaves, header.LeafRange);
        if (TraceTree.TensorHash(type, dims, dataRoot) != tensorHashes[tensorIndex])
        {
            throw new ArgumentException($"tensor {tensorIndex} of the list is another one");
        }

        Bytes32[] hashes = new Bytes32[TraceTree.RoundUp(tensorHashes.Length)];
        tensorHashes.CopyTo(hashes);
        _ = path.Write(hashes, header.TensorRange);
        return new Opening(encoded, header);
    }

    /// <summary>
    /// Reads an encoding; false where it is not canonical: any field out of range, one byte too few
    /// or too many, bytes behind the end of the tensor that are not zero. Says nothing about truth.
    /// </summary>
    public static bool TryDecode(
        ReadOnlySpan<byte> encoded, [NotNullWhen(true)] out Opening? opening)
    {
        opening = null;
        if (OpeningHeader.TryRead(encoded) is not { } header
            || encoded.Length > EncodedBytesMax || encoded.Length != header.EncodedBytes)
        {
            return false;
        }

        int leafBytes = header.OpenedLeaves * TraceTree.LeafBytes;
        int tensorBytes = Math.Min(
            leafBytes, header.DataBytes - header.FirstLeaf * TraceTree.LeafBytes);
        ReadOnlySpan<byte> leaves = encoded.Slice(HeaderBytes, leafBytes);
        if (leaves[tensorBytes..].ContainsAnyExcept((byte)0))
        {
            return false;
        }

        opening = new Opening(encoded.ToArray(), header);
        return true;
    }

    /// <summary>
    /// Whether the list with this root holds this tensor at this index, and it these elements.
    /// </summary>
    public bool Verify(in Bytes32 listRoot)
    {
        PathReader path = new(
            _encoded.AsSpan(HeaderBytes + _header.OpenedLeaves * TraceTree.LeafBytes));
        ReadOnlySpan<byte> leaves =
            _encoded.AsSpan(HeaderBytes, _header.OpenedLeaves * TraceTree.LeafBytes);
        Bytes32[] known = new Bytes32[_header.OpenedLeaves];
        TraceTree.HashLeaves(leaves, known, scalar: false);
        Bytes32 dataRoot = path.Root(known, _header.LeafRange);
        Bytes32 tensor = TraceTree.TensorHash(Type, Dims, dataRoot);
        Bytes32 root = path.Root([tensor], _header.TensorRange);
        return TraceTree.ListHash(TensorCount, root) == listRoot;
    }

    /// <summary>Reads and verifies at once.</summary>
    public static bool TryVerify(
        ReadOnlySpan<byte> encoded, in Bytes32 listRoot, [NotNullWhen(true)] out Opening? opening)
    {
        if (TryDecode(encoded, out opening) && opening.Verify(listRoot))
        {
            return true;
        }

        opening = null;
        return false;
    }
}
