namespace ComputeVoucher.Chain;

/// <summary>EIP-20, EIP-2612, and the open mint of src/contracts/DevStablecoin.sol.</summary>
internal static class Erc20Abi
{
    public static readonly ContractFunction Approve = new(0x095ea7b3, "approve(address,uint256)");

    public static readonly ContractFunction Mint = new(0x40c10f19, "mint(address,uint256)");

    public static readonly ContractFunction BalanceOf = new(0x70a08231, "balanceOf(address)");

    public static readonly ContractFunction Nonces = new(0x7ecebe00, "nonces(address)");

    public static readonly ContractFunction DomainSeparator =
        new(0x3644e515, "DOMAIN_SEPARATOR()");
}
