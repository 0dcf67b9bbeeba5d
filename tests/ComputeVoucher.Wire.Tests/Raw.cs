using System;
using System.Buffers.Binary;
using System.Linq;
using System.Text;

namespace ComputeVoucher.Wire.Tests;

/// <summary>
/// Frames as bytes, built from the words of the specification and not from the code.
/// </summary>
internal static class Raw
{
    public static byte[] Frame(int kind, int flags, uint correlation, params byte[] payload) =>
        FrameOfLength((uint)payload.Length, kind, flags, correlation, payload);

    public static byte[] FrameOfLength(
        uint length, int kind, int flags, uint correlation, params byte[] payload)
    {
        byte[] frame = new byte[12 + payload.Length];
        BinaryPrimitives.WriteUInt32LittleEndian(frame, length);
        frame[4] = (byte)kind;
        frame[5] = (byte)flags;
        BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(8), correlation);
        payload.CopyTo(frame, 12);
        return frame;
    }

    public static byte[] Hello(ushort lowest = 2, ushort highest = 2, byte nonce = 7)
    {
        byte[] payload = new byte[40];
        Encoding.ASCII.GetBytes("CVW1").CopyTo(payload, 0);
        BinaryPrimitives.WriteUInt16LittleEndian(payload.AsSpan(4), lowest);
        BinaryPrimitives.WriteUInt16LittleEndian(payload.AsSpan(6), highest);
        payload.AsSpan(8).Fill(nonce);
        return Frame(1, 0, 0, payload);
    }

    public static byte[] Order(uint correlation, string statement, params byte[] input)
    {
        byte[] text = Encoding.ASCII.GetBytes(statement);
        byte[] payload = new byte[2 + text.Length + 64 + input.Length];
        BinaryPrimitives.WriteUInt16LittleEndian(payload, (ushort)text.Length);
        text.CopyTo(payload, 2);
        payload.AsSpan(2 + text.Length, 64).Fill(0xAB);
        input.CopyTo(payload, 66 + text.Length);
        return Frame(3, 0, correlation, payload);
    }

    public static byte[] Text(int kind, uint correlation, string text) =>
        Frame(kind, 0, correlation, Encoding.ASCII.GetBytes(text));

    public static byte[] Error(uint correlation, ushort reason, string text, bool retryable = false)
    {
        byte[] payload = new byte[2 + Encoding.UTF8.GetByteCount(text)];
        BinaryPrimitives.WriteUInt16LittleEndian(payload, reason);
        Encoding.UTF8.GetBytes(text).CopyTo(payload, 2);
        return Frame(10, retryable ? 2 : 0, correlation, payload);
    }

    public static byte[] Glue(params byte[][] frames) => [.. frames.SelectMany(one => one)];
}
