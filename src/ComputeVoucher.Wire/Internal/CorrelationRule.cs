namespace ComputeVoucher.Wire.Internal;

/// <summary>
/// What a kind allows as correlation id. The first value marks a kind that is not sent.
/// </summary>
internal enum CorrelationRule : byte
{
    /// <summary>This sender never sends the kind.</summary>
    NotSent,

    /// <summary>About the connection.</summary>
    Zero,

    /// <summary>About one order or request.</summary>
    NotZero,

    /// <summary>Either.</summary>
    Any,
}
