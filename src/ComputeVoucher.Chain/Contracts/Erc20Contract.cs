using System;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Chain;

/// <summary>A stablecoin (EIP-20, EIP-2612): data of transactions (static), and reads at a
/// block.</summary>
public sealed class Erc20Contract
{
    private readonly ContractReader _reader;

    public Erc20Contract(JsonRpcClient rpc, Address address)
    {
        ArgumentNullException.ThrowIfNull(rpc);
        Address = address;
        _reader = new ContractReader(rpc, address);
    }

    public Address Address { get; }

    public static byte[] Approve(Address spender, UInt256 amount) =>
        new AbiWriter().Write(spender).Write(amount).ToCall(Erc20Abi.Approve.Selector);

    /// <summary>Only of the development stablecoin: anybody may mint it.</summary>
    public static byte[] Mint(Address to, UInt256 amount) =>
        new AbiWriter().Write(to).Write(amount).ToCall(Erc20Abi.Mint.Selector);

    /// <summary>Token base units.</summary>
    public Task<UInt256> BalanceAsync(Address account, BlockTag block, CancellationToken cancel) =>
        _reader.NumberAsync(
            new AbiWriter().Write(account).ToCall(Erc20Abi.BalanceOf.Selector), block, cancel);

    /// <summary>The next nonce of EIP-2612 permits.</summary>
    public Task<UInt256> NonceAsync(Address owner, BlockTag block, CancellationToken cancel) =>
        _reader.NumberAsync(
            new AbiWriter().Write(owner).ToCall(Erc20Abi.Nonces.Selector), block, cancel);

    /// <summary>EIP-712 domain separator of permits.</summary>
    public Task<Bytes32> DomainSeparatorAsync(BlockTag block, CancellationToken cancel) =>
        _reader.ReadAsync(
            new AbiWriter().ToCall(Erc20Abi.DomainSeparator.Selector),
            1,
            block,
            (ref r) => r.ReadBytes32(),
            cancel);

    /// <summary>The struct hash of Permit(owner,spender,value,nonce,deadline).</summary>
    public static Bytes32 PermitHash(
        Address owner, Address spender, UInt256 value, UInt256 nonce, ulong deadline)
    {
        Bytes32 type = Keccak256.Hash(
            "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"u8);
        byte[] words = new AbiWriter()
            .Write(type)
            .Write(owner)
            .Write(spender)
            .Write(value)
            .Write(nonce)
            .Write(deadline)
            .ToArray();
        return Keccak256.Hash(words);
    }
}

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
