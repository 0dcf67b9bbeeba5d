using System;
using System.Buffers.Binary;

namespace ComputeVoucher.Wire;

/// <summary>
/// The fixed 12 bytes before every payload, little endian.
/// <code>
/// offset size field
///      0    4 payload length
///      4    1 kind
///      5    1 flags
///      6    2 reserved, zero
///      8    4 correlation
/// </code>
/// </summary>
public readonly record struct FrameHeader(
    uint Length, FrameKind Kind, FrameFlags Flags, ushort Reserved, uint Correlation)
{
    /// <summary>Reads the fields without judging them.</summary>
    /// <param name="source">At least 12 bytes.</param>
    public static FrameHeader Read(ReadOnlySpan<byte> source) => new(
        BinaryPrimitives.ReadUInt32LittleEndian(source),
        (FrameKind)source[4],
        (FrameFlags)source[5],
        BinaryPrimitives.ReadUInt16LittleEndian(source[6..]),
        BinaryPrimitives.ReadUInt32LittleEndian(source[8..]));

    /// <summary>Writes the 12 bytes.</summary>
    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(destination, Length);
        destination[4] = (byte)Kind;
        destination[5] = (byte)Flags;
        BinaryPrimitives.WriteUInt16LittleEndian(destination[6..], Reserved);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[8..], Correlation);
    }
}

/// <summary>
/// The byte at offset 5 of the header. A bit that its kind does not know is refused.
/// </summary>
[Flags]
public enum FrameFlags : byte
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>On Output: no further Output follows for this order.</summary>
    Last = 1,

    /// <summary>On Error: the same request may succeed later, unchanged.</summary>
    Retryable = 2,
}
