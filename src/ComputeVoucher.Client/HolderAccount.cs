using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Client;

/// <summary>What a holder does on the chain: buys vouchers, and locks them to nodes.</summary>
/// <param name="rpc">The chain.</param>
/// <param name="domain">Its contracts.</param>
/// <param name="sender">The holder's account.</param>
/// <param name="time">Clock of a permit's deadline.</param>
public sealed class HolderAccount(
    JsonRpcClient rpc, VoucherDomain domain, TransactionSender sender, TimeProvider time)
{
    /// <summary>How long a permit may wait for its block.</summary>
    private const ulong PermitSeconds = 3_600;

    private readonly VouchersContract _vouchers = new(rpc, domain.Vouchers);

    /// <summary>What units cost now, in token base units.</summary>
    public Task<UInt256> QuoteAsync(
        VoucherClass terms, UInt128 units, CancellationToken cancel) =>
        _vouchers.QuoteAsync(terms, units, BlockTag.Latest, cancel);

    /// <summary>Pays the price and receives units.</summary>
    public async Task BuyAsync(VoucherClass terms, UInt128 units, Address to, UInt256 cost,
        CancellationToken cancel)
    {
        byte[] data = await PermitAsync(terms, units, to, cost, cancel).ConfigureAwait(false);
        await SendAsync("mint", data, cancel).ConfigureAwait(false);
    }

    public Task TransferAsync(
        VoucherClass terms, UInt128 units, Address to, CancellationToken cancel) =>
        SendAsync("transfer", VouchersContract.Transfer(
            sender.Account, to, terms.HashStruct(), units), cancel);

    /// <summary>After a class has ended: units for their backing.</summary>
    public Task ReclaimAsync(
        VoucherClass terms, UInt128 units, Address to, CancellationToken cancel) =>
        SendAsync("reclaim", VouchersContract.Reclaim(terms, units, to), cancel);

    /// <summary>Units become units of another class of the same token that ends no earlier.
    /// </summary>
    public Task MigrateAsync(VoucherClass from, VoucherClass into, UInt128 units, Address to,
        CancellationToken cancel) =>
        SendAsync("migrate", VouchersContract.Migrate(from, into, units, to), cancel);

    /// <summary>Pays the provider of a channel's node with free units; the channel stays as it is.
    /// </summary>
    public Task SpendAsync(VoucherClass terms, ChannelTerms channel, UInt128 units,
        CancellationToken cancel) =>
        SendAsync("spend", VouchersContract.Spend(terms, channel, units), cancel);

    /// <summary>
    /// Terms of a new channel. Store them before <see cref="OpenAsync"/>: without the salt nobody
    /// could ever redeem or close the channel.
    /// </summary>
    /// <param name="terms">Class of its units.</param>
    /// <param name="node">Who may be paid.</param>
    /// <param name="spendKey">Who signs orders and acks.</param>
    /// <param name="salt">32 random bytes.</param>
    public ChannelTerms NewChannel(
        VoucherClass terms, Address node, Address spendKey, Bytes32 salt) =>
        new(sender.Account, node, spendKey, terms.HashStruct(), salt);

    public Task OpenAsync(
        VoucherClass terms, ChannelTerms channel, UInt128 units, CancellationToken cancel) =>
        SendAsync("open channel", VouchersContract.Open(terms, channel, units), cancel);

    public Task TopUpAsync(
        VoucherClass terms, ChannelTerms channel, UInt128 units, CancellationToken cancel) =>
        SendAsync("top up", VouchersContract.TopUp(terms, channel, units), cancel);

    public Task ThawAsync(VoucherClass terms, ChannelTerms channel, CancellationToken cancel) =>
        SendAsync("thaw", VouchersContract.Thaw(terms, channel), cancel);

    public Task WithdrawAsync(
        VoucherClass terms, ChannelTerms channel, CancellationToken cancel) =>
        SendAsync("withdraw", VouchersContract.Withdraw(terms, channel), cancel);

    /// <summary>At once, with the node's consent: pays what was acknowledged.</summary>
    /// <exception cref="ClientException">The node wants more than was acknowledged.</exception>
    public async Task CloseAsync(VoucherClass terms, ChannelTerms channel, Ack newest,
        NodeConnection node, PrivateKey spendKey, CancellationToken cancel)
    {
        StateMessage state = await node.StateAsync(cancel).ConfigureAwait(false);
        if (state.Ack.NextSeq > newest.NextSeq)
        {
            // Our memory was lost or restored; the node's newest ack has our signature.
            newest = state.Ack;
        }

        (Release release, Signature releaseSignature) = await node
            .ReleaseAsync(newest, cancel).ConfigureAwait(false);
        if (release.CumUnits > newest.CumUnits)
        {
            throw new ClientException($"the node releases only above {release.CumUnits} units, "
                + $"our newest ack is {newest.CumUnits} (is it the right state file?)");
        }

        Signature ackSignature = spendKey.Sign(newest.Digest(domain.VouchersSeparator));
        await SendAsync("close channel", VouchersContract.Close(
            terms, channel, newest, ackSignature, releaseSignature), cancel)
            .ConfigureAwait(false);
    }

    /// <summary>Channels of an account, whoever opened them, in the order of the chain.</summary>
    public static async Task<List<ChannelTerms>> ChannelsAsync(JsonRpcClient rpc,
        Address vouchers, Address holder, ulong fromBlock, CancellationToken cancel)
    {
        Bytes32 topic = new(new AbiWriter().Write(holder).ToArray());
        List<ChannelTerms> channels = await OpenedAsync(
            rpc, vouchers, fromBlock, [[ChannelOpenedEvent.Topic], [], [topic]], cancel)
            .ConfigureAwait(false);
        channels.RemoveAll(channel => channel.Holder != holder);
        return channels;
    }

    /// <summary>The terms of a channel, salt included, from the event of its opening; null where
    /// the chain shows none.</summary>
    public static async Task<ChannelTerms?> ChannelAsync(JsonRpcClient rpc, Address vouchers,
        Bytes32 id, ulong fromBlock, CancellationToken cancel)
    {
        List<ChannelTerms> channels = await OpenedAsync(
            rpc, vouchers, fromBlock, [[ChannelOpenedEvent.Topic], [id]], cancel)
            .ConfigureAwait(false);
        int at = channels.FindIndex(channel => channel.HashStruct() == id);
        return at < 0 ? null : channels[at];
    }

    /// <summary>Channels whose opening the logs show, each once: opening one again adds to it, and
    /// is an event too. An event proves its own terms: the id is their hash.</summary>
    private static async Task<List<ChannelTerms>> OpenedAsync(JsonRpcClient rpc,
        Address vouchers, ulong fromBlock, Bytes32[][] topics, CancellationToken cancel)
    {
        ulong latest = await rpc.BlockNumberAsync(cancel).ConfigureAwait(false);
        List<LogEntry> logs = await LogScan.ReadAsync(
            rpc, new LogFilter(vouchers, fromBlock, latest, topics), cancel).ConfigureAwait(false);
        List<ChannelTerms> channels = [];
        HashSet<Bytes32> known = [];
        foreach (LogEntry log in logs)
        {
            if (log.Contract == vouchers && !log.IsRemoved
                && ChannelOpenedEvent.TryRead(log, out ChannelOpenedEvent opened)
                && known.Add(opened.Channel))
            {
                channels.Add(opened.Terms);
            }
        }

        return channels;
    }

    /// <summary>
    /// With a permit where the token knows EIP-2612, else with an approval first.
    /// </summary>
    private async Task<byte[]> PermitAsync(VoucherClass terms, UInt128 units, Address to,
        UInt256 cost, CancellationToken cancel)
    {
        Erc20Contract token = new(rpc, terms.Token);
        try
        {
            UInt256 nonce = await token.NonceAsync(sender.Account, BlockTag.Latest, cancel)
                .ConfigureAwait(false);
            Bytes32 separator = await token.DomainSeparatorAsync(BlockTag.Latest, cancel)
                .ConfigureAwait(false);
            ulong deadline = PermitSeconds + (ulong)time.GetUtcNow().ToUnixTimeSeconds();
            Signature permit = sender.Key.Sign(Eip712.Digest(separator, Erc20Contract.PermitHash(
                sender.Account, domain.Vouchers, cost, nonce, deadline)));
            return VouchersContract.MintWithPermit(terms, units, to, deadline, permit);
        }
        catch (ChainException failure) when (failure.Fault
            is ChainFault.Reverted or ChainFault.Malformed)
        {
            await sender.SendAsync("approve", terms.Token,
                Erc20Contract.Approve(domain.Vouchers, cost), cancel).ConfigureAwait(false);
            return VouchersContract.Mint(terms, units, to);
        }
    }

    private Task<TransactionReceipt> SendAsync(
        string kind, byte[] data, CancellationToken cancel) =>
        sender.SendAsync(kind, domain.Vouchers, data, cancel);
}
