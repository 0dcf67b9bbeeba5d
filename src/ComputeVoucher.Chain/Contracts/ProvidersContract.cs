using System;
using System.Globalization;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Chain;

/// <summary>Providers.sol: data of transactions (static), and reads at a block.</summary>
public sealed class ProvidersContract
{
    private readonly ContractReader _reader;

    public ProvidersContract(JsonRpcClient rpc, Address address)
    {
        ArgumentNullException.ThrowIfNull(rpc);
        Address = address;
        _reader = new ContractReader(rpc, address);
    }

    public Address Address { get; }

    /// <param name="signature">The node's, of NodeJoin(provider), domain of this contract.
    /// </param>
    public static byte[] Join(Address node, in Signature signature) => new AbiWriter()
        .Write(node)
        .Write(new Bytes32(signature.Span[..32]))
        .Write(new Bytes32(signature.Span[32..]))
        .ToCall(ProvidersAbi.Join.Selector);

    public static byte[] Stake(Address node, Address token, Address court, UInt128 amount) =>
        new AbiWriter()
            .Write(node)
            .Write(token)
            .Write(court)
            .Write(amount)
            .ToCall(ProvidersAbi.Stake.Selector);

    public static byte[] Exit(Address node, Address token, Address court) => new AbiWriter()
        .Write(node)
        .Write(token)
        .Write(court)
        .ToCall(ProvidersAbi.Exit.Selector);

    public static byte[] Withdraw(Address node, Address token, Address court, Address to) =>
        new AbiWriter()
            .Write(node)
            .Write(token)
            .Write(court)
            .Write(to)
            .ToCall(ProvidersAbi.Withdraw.Selector);

    public static byte[] Revoke(Address node) =>
        new AbiWriter().Write(node).ToCall(ProvidersAbi.Revoke.Selector);

    public static byte[] Settle(Address token, Address to) =>
        new AbiWriter().Write(token).Write(to).ToCall(ProvidersAbi.Settle.Selector);

    /// <summary>Zero where the node never joined.</summary>
    public Task<Address> ProviderOfAsync(Address node, BlockTag block, CancellationToken cancel) =>
        _reader.AddressAsync(
            new AbiWriter().Write(node).ToCall(ProvidersAbi.ProviderOf.Selector), block, cancel);

    /// <summary>Unix seconds; 0 while the node is trusted.</summary>
    public Task<ulong> RevokedAtAsync(Address node, BlockTag block, CancellationToken cancel) =>
        _reader.ReadAsync(
            new AbiWriter().Write(node).ToCall(ProvidersAbi.RevokedAt.Selector),
            1,
            block,
            (ref r) => r.ReadUInt64(),
            cancel);

    public Task<Bond> BondAsync(
        Address node, Address token, Address court, BlockTag block, CancellationToken cancel) =>
        _reader.ReadAsync(
            new AbiWriter()
                .Write(node)
                .Write(token)
                .Write(court)
                .ToCall(ProvidersAbi.Bond.Selector),
            2,
            block,
            (ref r) => new Bond(r.ReadUInt128(), r.ReadUInt64()),
            cancel);

    /// <summary>Rewards of a reporter that wait for settle, token base units.</summary>
    public Task<UInt256> EarnedAsync(
        Address account, Address token, BlockTag block, CancellationToken cancel) =>
        _reader.NumberAsync(
            new AbiWriter().Write(account).Write(token).ToCall(ProvidersAbi.Earned.Selector),
            block,
            cancel);
}

/// <summary>What a node stands to lose in front of one court, in one token.</summary>
/// <param name="Amount">Token base units.</param>
/// <param name="ExitAt">Unix seconds from which it may leave; 0 while it stays.</param>
public readonly record struct Bond(UInt128 Amount, ulong ExitAt)
{
    private static readonly ulong s_lastDate = (ulong)DateTimeOffset.MaxValue.ToUnixTimeSeconds();

    /// <summary><see cref="ExitAt"/> for people; what lies behind the calendar is its last second.
    /// </summary>
    public string ExitDate => DateTimeOffset.FromUnixTimeSeconds((long)Math.Min(ExitAt, s_lastDate))
        .ToString("u", CultureInfo.InvariantCulture);
}

/// <summary>What src/contracts/interfaces/IProviders.sol declares and Chain uses.</summary>
internal static class ProvidersAbi
{
    public static readonly ContractFunction Join =
        new(0x3eebca2a, "join(address,(bytes32,bytes32))");

    public static readonly ContractFunction Stake =
        new(0x358ee981, "stake(address,address,address,uint128)");

    public static readonly ContractFunction Exit =
        new(0x5bc9d96d, "exit(address,address,address)");

    public static readonly ContractFunction Withdraw =
        new(0xd740d4f4, "withdraw(address,address,address,address)");

    public static readonly ContractFunction Revoke = new(0x74a8f103, "revoke(address)");

    public static readonly ContractFunction Settle = new(0x9db32a8f, "settle(address,address)");

    public static readonly ContractFunction ProviderOf = new(0x21338b38, "providerOf(address)");

    public static readonly ContractFunction RevokedAt = new(0x1947aee4, "revokedAt(address)");

    public static readonly ContractFunction Bond = new(0x18e79844, "bond(address,address,address)");

    public static readonly ContractFunction Earned = new(0x211dc32d, "earned(address,address)");
}
