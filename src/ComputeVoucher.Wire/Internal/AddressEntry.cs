namespace ComputeVoucher.Wire.Internal;

/// <summary>What one address uses up. The counts are guarded by the address book.</summary>
internal sealed class AddressEntry(AddressKey key, long heldBytesMax, int tokens)
{
    internal AddressKey Key { get; } = key;

    internal HeldBudget Held { get; } = new(heldBytesMax);

    internal int Connections { get; set; }

    internal int Tokens { get; set; } = tokens;

    internal long TokensAt { get; set; }
}
