using System;

namespace ComputeVoucher.Wire;

/// <summary>One thing the node said about an order. Receipt and Error are the last.</summary>
public sealed record OrderEvent
{
    /// <summary>Accept, Output, Receipt or Error.</summary>
    public required FrameKind Kind { get; init; }

    /// <summary>Statement of Accept or Receipt, bytes of Output; empty for Error.</summary>
    public ReadOnlyMemory<byte> Bytes { get; init; }

    /// <summary>Output: the step these bytes belong to.</summary>
    public uint Step { get; init; }

    /// <summary>Output: no further Output follows.</summary>
    public bool Last { get; init; }

    /// <summary>Error: the number.</summary>
    public ushort Reason { get; init; }

    /// <summary>Error: one line.</summary>
    public string Text { get; init; } = "";

    /// <summary>Error: the same order may succeed later, unchanged.</summary>
    public bool Retryable { get; init; }

    /// <summary>True for Receipt and Error: nothing follows.</summary>
    public bool IsFinal => Kind is FrameKind.Receipt or FrameKind.Error;
}
