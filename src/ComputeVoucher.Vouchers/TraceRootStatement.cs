using System;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers.Internal;

namespace ComputeVoucher.Vouchers;

/// <summary>
/// The trace root of an order, on demand, by re-execution. Signed by the node key.
/// </summary>
/// <param name="OrderHash">The order that was served.</param>
/// <param name="Steps">Tokens produced; 1 for graphs.</param>
/// <param name="TraceRoot">Root of the trace.</param>
public readonly record struct TraceRootStatement(Bytes32 OrderHash, uint Steps, Bytes32 TraceRoot)
    : ISignedStruct<TraceRootStatement>
{
    /// <summary>Payload bytes, without a signature.</summary>
    public const int EncodedBytes = 32 + 4 + 32;

    private static readonly Bytes32 s_typeHash = Eip712.TypeHash(TypeText);

    /// <inheritdoc/>
    public static string TypeText =>
        "TraceRoot(bytes32 orderHash,uint32 steps,bytes32 traceRoot)";

    /// <inheritdoc/>
    public static int PayloadBytes => EncodedBytes;

    /// <inheritdoc/>
    public Bytes32 HashStruct()
    {
        Span<byte> words = stackalloc byte[4 * Bytes32.Size];
        StructWriter writer = new(words, s_typeHash);
        writer.Put(OrderHash);
        writer.Put(Steps);
        writer.Put(TraceRoot);
        return writer.Hash();
    }

    /// <inheritdoc/>
    public Bytes32 Digest(in Bytes32 domainSeparator) =>
        Eip712.Digest(domainSeparator, HashStruct());

    /// <inheritdoc/>
    public void Encode(Span<byte> destination)
    {
        PayloadWriter writer = new(destination, EncodedBytes);
        writer.Put(OrderHash);
        writer.Put(Steps);
        writer.Put(TraceRoot);
    }

    /// <inheritdoc/>
    public static bool TryDecode(ReadOnlySpan<byte> payload, out TraceRootStatement value)
    {
        value = default;
        if (payload.Length != EncodedBytes)
        {
            return false;
        }

        PayloadReader reader = new(payload);
        value = new TraceRootStatement(reader.Bytes32(), reader.UInt32(), reader.Bytes32());
        return true;
    }
}
