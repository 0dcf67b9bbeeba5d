using System;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Vouchers;

/// <summary>
/// A frozen EIP-712 struct with a fixed-width payload: members in the order of the type text,
/// each at its own width, big endian.
/// </summary>
public interface ISignedStruct<TSelf>
    where TSelf : struct, ISignedStruct<TSelf>
{
    /// <summary>The EIP-712 type text; frozen.</summary>
    static abstract string TypeText { get; }

    /// <summary>Payload bytes, without a signature.</summary>
    static abstract int PayloadBytes { get; }

    /// <summary>
    /// hashStruct of EIP-712; the id of a class or channel, the hash of an order.
    /// </summary>
    Bytes32 HashStruct();

    /// <summary>What is signed: <see cref="Eip712.Digest"/> of this struct.</summary>
    Bytes32 Digest(in Bytes32 domainSeparator);

    /// <summary>Writes exactly <see cref="PayloadBytes"/> bytes.</summary>
    /// <exception cref="ArgumentException">The destination is shorter.</exception>
    void Encode(Span<byte> destination);

    /// <summary>
    /// Reads exactly <see cref="PayloadBytes"/> bytes; false for another length or a value that
    /// version 1 refuses (units above the limit, unknown flags, a nonzero extension).
    /// </summary>
    static abstract bool TryDecode(ReadOnlySpan<byte> payload, out TSelf value);
}
