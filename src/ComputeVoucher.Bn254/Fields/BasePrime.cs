namespace ComputeVoucher.Bn254;

/// <summary>q, the prime of the coordinates (EIP-196):
/// 21888242871839275222246405745257275088696311157297823662689037894645226208583.</summary>
internal readonly struct BasePrime : IPrime
{
    public static ulong Limb0 => 0x3c208c16d87cfd47;

    public static ulong Limb1 => 0x97816a916871ca8d;

    public static ulong Limb2 => 0xb85045b68181585d;

    public static ulong Limb3 => 0x30644e72e131a029;

    public static ulong Inverse => 0x87d20782e4866389;

    public static (ulong L0, ulong L1, ulong L2, ulong L3) Radix =>
        (0xd35d438dc58f0d9d, 0x0a78eb28f5c70b3d, 0x666ea36f7879462c, 0x0e0a77c19a07df2f);

    public static (ulong L0, ulong L1, ulong L2, ulong L3) RadixSquared =>
        (0xf32cfc5b538afa89, 0xb5e71911d44501fb, 0x47ab1eff0a417ff6, 0x06d89f71cab8351f);
}
