namespace ComputeVoucher.Circuits;

/// <summary>An activation's byte inside a circuit, as q + 128, between 0 and 255: a wire, or a
/// constant, which is a multiple of the wire that is always 1.</summary>
/// <param name="Wire">Number of the wire; 0 for a constant.</param>
/// <param name="Value">0 … 255 in the run that the witness is of.</param>
internal readonly record struct Signal(int Wire, int Value)
{
    /// <summary>What is added to an int8 to make it a byte.</summary>
    public const int Offset = 128;

    /// <summary>What the wire is multiplied by.</summary>
    public int Factor => Wire == 0 ? Value : 1;
}
