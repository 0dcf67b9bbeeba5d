using System;
using System.Buffers.Binary;
using ComputeVoucher.Primitives;
using ComputeVoucher.Trace;

namespace ComputeVoucher.Execution.Language;

/// <summary>
/// What a language model is named by, beside <see cref="ModelRoots"/>; its family is "llama":
/// <code>
/// leaf  keccak(06 ‖ weight id u32 LE ‖ layer u32 LE ‖ row u32 LE ‖ bytes u32 LE ‖
///       root over the row's 128-byte leaves, tags 00 and 01)
/// </code>
/// One leaf per row of a matrix (cells of 32 columns, scales first), one per vector of gains
/// (int16), one per position of the rotary table (int32). A row's bytes hang in a tree of their
/// own, so that a part of a long row can be opened. Order: embedding; per layer attention norm,
/// q, k, v, o, feed-forward norm, gate, up, down; final norm; classifier unless tied; rotary.
/// </summary>
internal static class LlamaRoots
{
    private const byte LeafTag = 0x06;
    private const int LeafMessageBytes = 1 + 16 + Bytes32.Size;

    public static Bytes32 Architecture(ReadOnlySpan<byte> encoding) =>
        ModelRoots.Architecture("llama"u8, encoding);

    /// <summary>The leaf hashes, row by row.</summary>
    public static Bytes32[] Leaves(LlamaParameters model)
    {
        var leaves = new Bytes32[LlamaLayout.Rows(model)];
        byte[] scratch = new byte[LlamaLayout.RowBytesMax(model)];
        int next = 0;
        foreach (LlamaPart part in LlamaLayout.Parts(model))
        {
            for (int row = 0; row < part.Rows; row++)
            {
                Span<byte> bytes = scratch.AsSpan(0, part.RowBytes);
                part.CopyRow(row, bytes);
                leaves[next++] = Leaf(
                    part.Id, part.Layer, row, bytes.Length, TraceTree.DataRoot(bytes));
            }
        }

        return leaves;
    }

    /// <summary>From the root over a row's bytes.</summary>
    public static Bytes32 Leaf(WeightId id, int layer, int row, int bytes, in Bytes32 dataRoot)
    {
        Span<byte> message = stackalloc byte[LeafMessageBytes];
        message[0] = LeafTag;
        BinaryPrimitives.WriteInt32LittleEndian(message[1..], (int)id);
        BinaryPrimitives.WriteInt32LittleEndian(message[5..], layer);
        BinaryPrimitives.WriteInt32LittleEndian(message[9..], row);
        BinaryPrimitives.WriteInt32LittleEndian(message[13..], bytes);
        dataRoot.CopyTo(message[17..]);
        return Keccak256.Hash(message);
    }
}
