namespace ComputeVoucher.Wire;

/// <summary>The two ends of a connection.</summary>
public enum WireRole
{
    /// <summary>Sends orders.</summary>
    Client,

    /// <summary>Serves them.</summary>
    Node,
}
