using System;
using System.Buffers.Binary;
using ComputeVoucher.Primitives;
using ComputeVoucher.Trace;

namespace ComputeVoucher.Execution.Language;

/// <summary>
/// What a language model is named by; the same tags as for graphs:
/// <code>
/// model root           keccak(04 ‖ specification version u32 LE ‖ architecture ‖ parameters)
/// architecture digest  keccak(05 ‖ "llama" ‖ canonical encoding, see Encode)
/// parameters root      keccak(07 ‖ leaf count u32 LE ‖ 4-ary node tree over the leaf hashes)
/// leaf                 keccak(06 ‖ weight id u32 LE ‖ layer u32 LE ‖ row u32 LE ‖ bytes u32 LE ‖
///                      root over the row's 128-byte leaves, tags 00 and 01)
/// </code>
/// One leaf per row of a matrix (cells of 32 columns, scales first), one per vector of gains
/// (int16), one per position of the rotary table (int32). A row's bytes hang in a tree of their
/// own, so that a part of a long row can be opened. Order: embedding; per layer attention norm,
/// q, k, v, o, feed-forward norm, gate, up, down; final norm; classifier unless tied; rotary.
/// </summary>
internal static class LlamaRoots
{
    /// <summary>Version of the integer semantics that a root promises.</summary>
    public const uint SpecificationVersion = 1;

    private const byte ModelTag = 0x04;
    private const byte ArchitectureTag = 0x05;
    private const byte LeafTag = 0x06;
    private const byte ParametersTag = 0x07;
    private const int LeafMessageBytes = 1 + 16 + Bytes32.Size;

    public static Bytes32 Model(in Bytes32 architecture, in Bytes32 parameters)
    {
        Span<byte> message = stackalloc byte[1 + 4 + 2 * Bytes32.Size];
        message[0] = ModelTag;
        BinaryPrimitives.WriteUInt32LittleEndian(message[1..], SpecificationVersion);
        architecture.CopyTo(message[5..]);
        parameters.CopyTo(message[37..]);
        return Keccak256.Hash(message);
    }

    public static Bytes32 Architecture(ReadOnlySpan<byte> encoding)
    {
        ReadOnlySpan<byte> name = "llama"u8;
        byte[] message = new byte[1 + name.Length + encoding.Length];
        message[0] = ArchitectureTag;
        name.CopyTo(message.AsSpan(1));
        encoding.CopyTo(message.AsSpan(1 + name.Length));
        return Keccak256.Hash(message);
    }

    public static Bytes32 Parameters(LlamaParameters model)
    {
        var leaves = new Bytes32[LlamaLayout.Rows(model)];
        byte[] scratch = new byte[LlamaLayout.RowBytesMax(model)];
        byte[] message = new byte[LeafMessageBytes];
        int next = 0;
        foreach (LlamaPart part in LlamaLayout.Parts(model))
        {
            for (int row = 0; row < part.Rows; row++)
            {
                Span<byte> bytes = scratch.AsSpan(0, part.RowBytes);
                part.CopyRow(row, bytes);
                leaves[next++] = Leaf(message, part, row, bytes);
            }
        }

        Span<byte> root = stackalloc byte[1 + 4 + Bytes32.Size];
        root[0] = ParametersTag;
        BinaryPrimitives.WriteInt32LittleEndian(root[1..], leaves.Length);
        TraceTree.NodeRoot(leaves).CopyTo(root[5..]);
        return Keccak256.Hash(root);
    }

    private static Bytes32 Leaf(Span<byte> message, LlamaPart part, int row, Span<byte> bytes)
    {
        message[0] = LeafTag;
        BinaryPrimitives.WriteInt32LittleEndian(message[1..], (int)part.Id);
        BinaryPrimitives.WriteInt32LittleEndian(message[5..], part.Layer);
        BinaryPrimitives.WriteInt32LittleEndian(message[9..], row);
        BinaryPrimitives.WriteInt32LittleEndian(message[13..], bytes.Length);
        TraceTree.DataRoot(bytes).CopyTo(message[17..]);
        return Keccak256.Hash(message);
    }
}
