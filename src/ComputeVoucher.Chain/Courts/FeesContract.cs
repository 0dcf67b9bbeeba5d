using System;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Chain;

/// <summary>Fees.sol, a page of Disputes and Claims: ether that is prepaid for answers,
/// credited and fetched.</summary>
public sealed class FeesContract
{
    private readonly ContractReader _reader;

    public FeesContract(JsonRpcClient rpc, Address address)
    {
        ArgumentNullException.ThrowIfNull(rpc);
        _reader = new ContractReader(rpc, address);
    }

    /// <summary>Pays all that the sender was credited with.</summary>
    public static byte[] Collect(Address to) =>
        new AbiWriter().Write(to).ToCall(FeesAbi.Collect.Selector);

    /// <summary>Wei that an account may collect.</summary>
    public Task<UInt256> CreditAsync(
        Address account, BlockTag block, CancellationToken cancel) => _reader.NumberAsync(
            new AbiWriter().Write(account).ToCall(FeesAbi.Credit.Selector), block, cancel);

    /// <summary>Wei to prepay for an answer at a block's base fee.</summary>
    public Task<UInt256> PrepaidAsync(ulong gas, BlockTag block, CancellationToken cancel) =>
        _reader.NumberAsync(
            new AbiWriter().Write(gas).ToCall(FeesAbi.Prepaid.Selector), block, cancel);
}

/// <summary>What src/contracts/courts/Fees.sol declares and Chain uses.</summary>
internal static class FeesAbi
{
    public static readonly ContractFunction Collect = new(0x06ec16f8, "collect(address)");

    public static readonly ContractFunction Credit = new(0xd5d44d80, "credit(address)");

    public static readonly ContractFunction Prepaid = new(0x9103d1f0, "prepaid(uint256)");
}
