namespace ComputeVoucher.Wire.Internal;

/// <summary>What one kind allows, from one sender: README.md section 3, one row.</summary>
/// <param name="Flags">Flags that may be set.</param>
/// <param name="BytesMin">Shortest payload.</param>
/// <param name="BytesMax">Longest payload.</param>
/// <param name="Correlation">Zero, not zero, or either.</param>
internal readonly record struct FrameRule(
    FrameFlags Flags, int BytesMin, int BytesMax, CorrelationRule Correlation);
