using System;
using System.Buffers.Binary;

namespace ComputeVoucher.Wire.Internal;

/// <summary>
/// Order: statement length u16, statement, signature 64, then the input to the end.
/// </summary>
internal static class OrderPayload
{
    internal static bool IsValid(ReadOnlySpan<byte> payload)
    {
        int statement = StatementBytes(payload);
        return statement is > 0 and <= WireProtocol.StatementBytesMax
            && payload.Length >= InputOffset(statement);
    }

    internal static int StatementBytes(ReadOnlySpan<byte> payload) =>
        BinaryPrimitives.ReadUInt16LittleEndian(payload);

    /// <summary>Where the input begins; at most 1,090, so nothing can overflow.</summary>
    internal static int InputOffset(int statementBytes) =>
        WireProtocol.OrderPrefixBytes + statementBytes + WireProtocol.SignatureBytes;
}
