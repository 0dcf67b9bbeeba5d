namespace ComputeVoucher.Ledger.Internal;

/// <summary>One row put (whole) or deleted (body null). Slot: second key, orders only.</summary>
internal readonly record struct Change(Table Table, byte[] Key, byte[]? Body, byte[]? Slot = null)
{
    /// <summary>What it weighs in the queue; 64 stands for the objects around the bytes.</summary>
    public long Bytes => 64 + Key.Length + (Body?.Length ?? 0);
}
