namespace ComputeVoucher.Bn254;

/// <summary>A prime of 254 bits and what Montgomery's product needs to know of it; limbs are
/// little-endian. The two upper bits of a limb more are free, which <see cref="Residue{T}"/> uses.
/// </summary>
internal interface IPrime
{
    static abstract ulong Limb0 { get; }

    static abstract ulong Limb1 { get; }

    static abstract ulong Limb2 { get; }

    static abstract ulong Limb3 { get; }

    /// <summary>−1 / prime modulo 2^64.</summary>
    static abstract ulong Inverse { get; }

    /// <summary>2^512 modulo the prime, lowest limb first: brings a number into Montgomery's form.
    /// </summary>
    static abstract (ulong L0, ulong L1, ulong L2, ulong L3) RadixSquared { get; }

    /// <summary>2^256 modulo the prime: Montgomery's form of one.</summary>
    static abstract (ulong L0, ulong L1, ulong L2, ulong L3) Radix { get; }
}
