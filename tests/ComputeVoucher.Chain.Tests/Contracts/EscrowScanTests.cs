using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Chain.Tests;

/// <summary>Batches in escrow on the real contract, of a class whose court is the deployer.
/// </summary>
[Trait("Category", "load")]
public sealed class EscrowScanTests(VouchersFixture chain) : IClassFixture<VouchersFixture>
{
    /// <summary>Base units that each spend pays: 1e9 units at the class's price.</summary>
    private const ulong Paid = 2_000_000;

    /// <summary>The smallest block of the chains of interest.</summary>
    private const ulong BlockGas = 30_000_000;

    private const ulong Units = 1_000_000_000;

    /// <summary>What a court split off is found as well, and what is another provider's, another
    /// token's or released is not; beyond one request of batches too.</summary>
    [AnvilFact(NeedsContracts = true)]
    public async Task Read_ManyBatches_FindsThoseThatStillHoldAndPayTheProvider()
    {
        VoucherClass terms = chain.Class with { Court = chain.Deployer.Address };
        await chain.SendAsync(chain.Holder, chain.Vouchers.Address,
            VouchersContract.Mint(terms, 200 * Units, chain.Holder.Address));
        using PrivateKey node = await chain.NewNodeAsync();
        ChannelTerms channel = chain.NewTerms(node) with { ClassId = terms.HashStruct() };
        Assert.Empty(await ReadAsync(chain.Provider.Address));

        byte[] records = [];
        for (int i = 0; i < ChainLimits.ReleaseBatchesMax; i++)
        {
            TransactionReceipt spent = await chain.SendAsync(chain.Holder, chain.Vouchers.Address,
                VouchersContract.Spend(terms, channel, Units));
            records = spent.Logs.Select(log => BatchEscrowedEvent.TryRead(log, out var escrowed)
                ? escrowed.Records
                : []).First(bytes => bytes.Length > 0);
        }

        const ulong Count = ChainLimits.ReleaseBatchesMax;
        ulong soon = (await ReadAsync(chain.Provider.Address))[^1].MaturesAt;
        await chain.SendAsync(chain.Deployer, chain.Vouchers.Address,
            Split(terms, channel, Count, Paid / 4, soon + 86_400, records));
        List<HeldBatch> held = await ReadAsync(chain.Provider.Address);
        Assert.Equal(Enumerable.Range(1, (int)Count + 1).Select(id => (ulong)id),
            held.Select(batch => batch.Id));
        Assert.All(held.Take((int)Count - 1), batch => Assert.Equal(Paid, batch.Amount));
        Assert.Equal((Paid - (Paid / 4), soon), (held[^2].Amount, held[^2].MaturesAt));
        Assert.Equal((Paid / 4, soon + 86_400), (held[^1].Amount, held[^1].MaturesAt));
        Assert.Empty(await ReadAsync(chain.Holder.Address));
        Assert.Empty(await EscrowScan.ReadAsync(chain.Rpc, chain.Vouchers.Address,
            chain.Provider.Address, chain.Vouchers.Address, await HeadAsync(), default));

        // All that one transaction takes.
        await chain.Anvil.RpcAsync("evm_increaseTime", $"{soon - (await HeadAsync()).Timestamp}");
        await chain.Anvil.MineAsync();
        TransactionReceipt released = await chain.SendAsync(chain.Provider,
            chain.Vouchers.Address, VouchersContract.Release(
                [.. held.Take((int)Count).Select(batch => batch.Id)]));
        Assert.InRange(released.GasUsed, ChainLimits.TransactionGasMin, BlockGas / 16);
        Assert.Equal((Count * Paid) - (Paid / 4), await chain.Vouchers.EarnedAsync(
            chain.Provider.Address, terms.Token, BlockTag.Latest, default));
        HeldBatch rest = Assert.Single(await ReadAsync(chain.Provider.Address));
        Assert.Equal(Count + 1, rest.Id);
    }

    private async Task<BlockHeader> HeadAsync() =>
        (await chain.Rpc.BlockAsync(BlockTag.Latest, default))!;

    private async Task<List<HeldBatch>> ReadAsync(Address provider) => await EscrowScan.ReadAsync(
        chain.Rpc, chain.Vouchers.Address, provider, chain.Class.Token, await HeadAsync(), default);

    /// <summary>IVouchers.split of the batch's only row.</summary>
    private static byte[] Split(VoucherClass terms, ChannelTerms channel, ulong batch,
        ulong amount, ulong maturesAt, byte[] records)
    {
        string spend = VouchersAbi.Spend.Signature;
        string types = spend[(spend.IndexOf('(') + 1)..spend.LastIndexOf(',')];
        return new AbiWriter().Write(terms).Write(channel)
            .Write(batch).Write(0UL).Write(amount).Write(maturesAt).WriteBytes(records)
            .ToCall(FunctionSelector.Of($"split({types},uint256,uint256,uint128,uint40,bytes)"));
    }
}
