using System;
using System.Buffers.Binary;
using ComputeVoucher.Primitives;
using ComputeVoucher.Trace;

namespace ComputeVoucher.Execution;

/// <summary>
/// What a model of either family is named by:
/// <code>
/// model root           keccak(04 ‖ specification version u32 LE ‖ architecture ‖ parameters)
/// architecture digest  keccak(05 ‖ family ‖ canonical encoding); the family of graphs is empty
/// parameters root      keccak(07 ‖ leaf count u32 LE ‖ 4-ary node tree over the leaf hashes)
/// </code>
/// </summary>
internal static class ModelRoots
{
    /// <summary>Version of the integer semantics that a root promises.</summary>
    private const uint SpecificationVersion = 1;

    private const byte ModelTag = 0x04;
    private const byte ArchitectureTag = 0x05;
    private const byte ParametersTag = 0x07;

    public static Bytes32 Model(in Bytes32 architecture, in Bytes32 parameters)
    {
        Span<byte> message = stackalloc byte[1 + 4 + 2 * Bytes32.Size];
        message[0] = ModelTag;
        BinaryPrimitives.WriteUInt32LittleEndian(message[1..], SpecificationVersion);
        architecture.CopyTo(message[5..]);
        parameters.CopyTo(message[37..]);
        return Keccak256.Hash(message);
    }

    public static Bytes32 Architecture(ReadOnlySpan<byte> family, ReadOnlySpan<byte> encoding) =>
        Keccak256.Hash([ArchitectureTag, .. family, .. encoding]);

    public static Bytes32 Parameters(ReadOnlySpan<Bytes32> leaves) =>
        Parameters(leaves.Length, TraceTree.NodeRoot(leaves));

    /// <summary>From the root over the leaf hashes.</summary>
    public static Bytes32 Parameters(int leaves, in Bytes32 root)
    {
        Span<byte> message = stackalloc byte[1 + 4 + Bytes32.Size];
        message[0] = ParametersTag;
        BinaryPrimitives.WriteInt32LittleEndian(message[1..], leaves);
        root.CopyTo(message[5..]);
        return Keccak256.Hash(message);
    }
}
