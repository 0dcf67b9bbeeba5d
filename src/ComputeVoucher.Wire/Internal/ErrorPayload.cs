using System;
using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;

namespace ComputeVoucher.Wire.Internal;

/// <summary>
/// Error: reason u16, then at most 512 bytes of UTF-8 without control characters.
/// </summary>
internal static class ErrorPayload
{
    internal const int BytesMax = WireProtocol.ErrorPrefixBytes + WireProtocol.ErrorTextBytesMax;

    /// <summary>
    /// Writes reason and text, cutting the text at a character; returns the length.
    /// </summary>
    internal static int Write(Span<byte> payload, ushort reason, string text)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(
            payload, reason == 0 ? (ushort)WireReason.Internal : reason);
        Span<byte> room =
            payload.Slice(WireProtocol.ErrorPrefixBytes, WireProtocol.ErrorTextBytesMax);
        Utf8.FromUtf16(text, room, out _, out int written);
        foreach (ref byte one in room[..written])
        {
            // A line of a log or a terminal must not be forged by what a peer sent.
            one = one is < 0x20 or 0x7F ? (byte)' ' : one;
        }

        return WireProtocol.ErrorPrefixBytes + written;
    }

    internal static ushort Reason(ReadOnlySpan<byte> payload) =>
        BinaryPrimitives.ReadUInt16LittleEndian(payload);

    internal static string Text(ReadOnlySpan<byte> payload) =>
        Encoding.UTF8.GetString(payload[WireProtocol.ErrorPrefixBytes..]);
}
