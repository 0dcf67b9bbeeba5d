using ComputeVoucher.Primitives;

namespace ComputeVoucher.Vouchers;

/// <summary>
/// The two EIP-712 domains of the product, name "ComputeVoucher", version "1": Vouchers verifies
/// everything but <see cref="NodeJoin"/>, which Providers verifies. Separators are computed once.
/// </summary>
public sealed class VoucherDomain
{
    public const string Name = "ComputeVoucher";

    public const string Version = "1";

    public VoucherDomain(ulong chainId, Address vouchers, Address providers)
    {
        ChainId = chainId;
        Vouchers = vouchers;
        Providers = providers;
        VouchersSeparator = new Eip712Domain(Name, Version, chainId, vouchers).Separator;
        ProvidersSeparator = new Eip712Domain(Name, Version, chainId, providers).Separator;
    }

    public ulong ChainId { get; }

    public Address Vouchers { get; }

    public Address Providers { get; }

    /// <summary>Domain separator with verifyingContract = Vouchers.</summary>
    public Bytes32 VouchersSeparator { get; }

    /// <summary>Domain separator with verifyingContract = Providers.</summary>
    public Bytes32 ProvidersSeparator { get; }
}
