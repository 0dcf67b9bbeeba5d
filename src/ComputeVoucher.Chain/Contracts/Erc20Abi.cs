using System.Collections.Generic;

namespace ComputeVoucher.Chain;

/// <summary>EIP-20, EIP-2612, and the open mint of src/contracts/DevStablecoin.sol.</summary>
internal static class Erc20Abi
{
    public static readonly ContractFunction Transfer = new(0xa9059cbb, "transfer(address,uint256)");

    public static readonly ContractFunction Approve = new(0x095ea7b3, "approve(address,uint256)");

    public static readonly ContractFunction Mint = new(0x40c10f19, "mint(address,uint256)");

    public static readonly ContractFunction BalanceOf = new(0x70a08231, "balanceOf(address)");

    public static readonly ContractFunction Allowance =
        new(0xdd62ed3e, "allowance(address,address)");

    public static readonly ContractFunction Decimals = new(0x313ce567, "decimals()");

    public static readonly ContractFunction Symbol = new(0x95d89b41, "symbol()");

    public static readonly ContractFunction TotalSupply = new(0x18160ddd, "totalSupply()");

    public static readonly ContractFunction Nonces = new(0x7ecebe00, "nonces(address)");

    public static readonly ContractFunction DomainSeparator =
        new(0x3644e515, "DOMAIN_SEPARATOR()");

    public static readonly ContractEvent Transferred = new(
        "ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef",
        "Transfer(address,address,uint256)");

    public static readonly IReadOnlyList<ContractFunction> Functions =
    [
        Transfer, Approve, Mint, BalanceOf, Allowance, Decimals, Symbol, TotalSupply, Nonces,
        DomainSeparator,
    ];

    public static readonly IReadOnlyList<ContractEvent> Events = [Transferred];
}
