using System;

namespace ComputeVoucher.Wire;

/// <summary>A whole, valid frame; its payload is valid until the reader's next step.</summary>
public readonly ref struct Frame
{
    internal Frame(FrameHeader header, ReadOnlySpan<byte> payload)
    {
        Header = header;
        Payload = payload;
    }

    /// <summary>Length, kind, flags and correlation.</summary>
    public FrameHeader Header { get; }

    /// <summary>The bytes after the header.</summary>
    public ReadOnlySpan<byte> Payload { get; }
}
