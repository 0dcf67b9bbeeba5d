using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Chain;

/// <summary>Vouchers.sol: data of transactions (static), and reads at a block.</summary>
/// <remarks>Reads throw <see cref="ChainException"/>; an answer that is not what the ABI says is
/// Malformed.</remarks>
public sealed class VouchersContract
{
    /// <summary>Words of Batch.sol.</summary>
    private const int BatchWords = 6;

    private readonly ContractReader _reader;

    public VouchersContract(JsonRpcClient rpc, Address address)
    {
        ArgumentNullException.ThrowIfNull(rpc);
        Address = address;
        _reader = new ContractReader(rpc, address);
    }

    public Address Address { get; }

    public static byte[] Mint(in VoucherClass terms, UInt128 units, Address to) =>
        new AbiWriter().Write(terms).Write(units).Write(to).ToCall(VouchersAbi.Mint.Selector);

    /// <param name="deadline">Unix seconds, of the permit.</param>
    /// <param name="permit">EIP-2612, for exactly the quote.</param>
    public static byte[] MintWithPermit(
        in VoucherClass terms, UInt128 units, Address to, ulong deadline, in Signature permit) =>
        new AbiWriter().Write(terms)
            .Write(units)
            .Write(to)
            .Write(deadline)
            .Write(permit.YParity ? 28UL : 27UL)
            .Write(permit.R)
            .Write(permit.S)
            .ToCall(VouchersAbi.MintWithPermit.Selector);

    public static byte[] Open(in VoucherClass terms, in ChannelTerms channel, UInt128 units) =>
        new AbiWriter().Write(terms).Write(channel)
            .Write(units)
            .ToCall(VouchersAbi.Open.Selector);

    public static byte[] TopUp(in VoucherClass terms, in ChannelTerms channel, UInt128 units) =>
        new AbiWriter().Write(terms).Write(channel)
            .Write(units)
            .ToCall(VouchersAbi.TopUp.Selector);

    public static byte[] Thaw(in VoucherClass terms, in ChannelTerms channel) =>
        new AbiWriter().Write(terms).Write(channel).ToCall(VouchersAbi.Thaw.Selector);

    public static byte[] Withdraw(in VoucherClass terms, in ChannelTerms channel) =>
        new AbiWriter().Write(terms).Write(channel).ToCall(VouchersAbi.Withdraw.Selector);

    public static byte[] Close(
        in VoucherClass terms,
        in ChannelTerms channel,
        in Ack ack,
        in Signature ackSignature,
        in Signature releaseSignature)
    {
        AbiWriter writer = new AbiWriter().Write(terms).Write(channel)
            .Write(ack.CumUnits)
            .Write(ack.NextSeq);
        return writer
            .Write(ackSignature)
            .Write(releaseSignature)
            .ToCall(VouchersAbi.Close.Selector);
    }

    public static byte[] Reclaim(in VoucherClass terms, UInt128 units, Address to) =>
        new AbiWriter().Write(terms).Write(units).Write(to).ToCall(VouchersAbi.Reclaim.Selector);

    /// <summary>Units of one class become units of another of the same token that ends no earlier.
    /// </summary>
    public static byte[] Migrate(
        in VoucherClass from, in VoucherClass into, UInt128 units, Address to) => new AbiWriter()
            .Write(from)
            .Write(into)
            .Write(units)
            .Write(to)
            .ToCall(VouchersAbi.Migrate.Selector);

    /// <summary>Pays a node's provider with units that the channel's holder holds free.</summary>
    public static byte[] Spend(in VoucherClass terms, in ChannelTerms channel, UInt128 units) =>
        new AbiWriter().Write(terms).Write(channel).Write(units)
            .ToCall(VouchersAbi.Spend.Selector);

    public static byte[] RedeemBatch(
        in VoucherClass terms, Address node, ReadOnlySpan<RedeemRow> rows) =>
        new AbiWriter().Write(terms)
            .Write(node)
            .WriteBytes(RedeemRow.Pack(rows))
            .ToCall(VouchersAbi.RedeemBatch.Selector);

    public static byte[] Release(ReadOnlySpan<ulong> batchIds)
    {
        AbiWriter ids = new();
        foreach (ulong id in batchIds)
        {
            ids.Write(id);
        }

        return new AbiWriter()
            .WriteArray(batchIds.Length, ids)
            .ToCall(VouchersAbi.Release.Selector);
    }

    public static byte[] Settle(Address token, Address to) =>
        new AbiWriter().Write(token).Write(to).ToCall(VouchersAbi.Settle.Selector);

    /// <summary>Moves units of a class, an ERC-1155 id, to another holder.</summary>
    public static byte[] Transfer(Address from, Address to, Bytes32 classId, UInt128 units) =>
        new AbiWriter()
            .Write(from)
            .Write(to)
            .Write(classId)
            .Write(units)
            .WriteBytes([])
            .ToCall(VouchersAbi.Transfer.Selector);

    /// <summary>The rows of a redeemBatch call; false for any other data.</summary>
    public static bool TryReadRedeemBatch(
        ReadOnlySpan<byte> data, out Bytes32 classId, out Address node, out RedeemRow[] rows)
    {
        classId = default;
        node = default;
        rows = [];
        if (!VouchersAbi.RedeemBatch.Selector.Starts(data))
        {
            return false;
        }

        try
        {
            AbiReader reader = new(data[FunctionSelector.Size..]);
            VoucherClass terms = reader.ReadClass();
            classId = terms.HashStruct();
            node = reader.ReadAddress();
            rows = RedeemRow.Unpack(reader.ReadBytes());
            return true;
        }
        catch (Exception e) when (e is FormatException or OverflowException)
        {
            return false;
        }
    }

    private static UInt256 Paid(ref AbiReader words)
    {
        _ = words.ReadUInt256();
        return words.ReadUInt256();
    }

    /// <summary>Units that <see cref="Migrate"/> would give a holder, without doing it.</summary>
    public Task<UInt256> MigratedAsync(Address holder, in VoucherClass from,
        in VoucherClass into, UInt128 units, BlockTag block, CancellationToken cancel) =>
        _reader.ReadAsync(Migrate(from, into, units, holder), 1, block,
            (ref r) => r.ReadUInt256(), cancel, holder);

    /// <summary>Token base units that <see cref="Spend"/> would pay, without doing it.</summary>
    public Task<UInt256> SpentAsync(in VoucherClass terms, in ChannelTerms channel,
        UInt128 units, BlockTag block, CancellationToken cancel) =>
        _reader.ReadAsync(Spend(terms, channel, units), 2, block, Paid, cancel, channel.Holder);

    /// <summary>channel() and aux() at one block.</summary>
    public async Task<ChannelAmounts> ChannelAsync(
        Bytes32 channel, BlockTag block, CancellationToken cancel)
    {
        byte[] id = new AbiWriter().Write(channel).ToCall(VouchersAbi.Channel.Selector);
        (UInt128 locked, UInt128 redeemed) = await _reader
            .ReadAsync(id, 2, block, (ref r) => (r.ReadUInt128(), r.ReadUInt128()), cancel)
            .ConfigureAwait(false);
        byte[] aux = new AbiWriter().Write(channel).ToCall(VouchersAbi.Aux.Selector);
        ulong thawAt = await _reader
            .ReadAsync(aux, 3, block, (ref r) => r.ReadUInt64(), cancel)
            .ConfigureAwait(false);
        ChannelAmounts amounts = new(locked, redeemed, thawAt);
        return amounts.IsPossible
            ? amounts
            : throw new ChainException(
                ChainFault.Malformed, $"channel {channel}: amounts that no contract holds");
    }

    /// <summary>Data of the calls that <see cref="ChannelAsync"/> makes, for a batch.</summary>
    internal static (byte[] Channel, byte[] Aux) ChannelCalls(Bytes32 channel) => (
        new AbiWriter().Write(channel).ToCall(VouchersAbi.Channel.Selector),
        new AbiWriter().Write(channel).ToCall(VouchersAbi.Aux.Selector));

    /// <summary>What the two calls returned; false for anything that no contract returns.
    /// </summary>
    internal static bool TryReadChannel(byte[]? channel, byte[]? aux, out ChannelAmounts amounts)
    {
        amounts = default;
        if (channel is not { Length: 64 } || aux is not { Length: 96 })
        {
            return false;
        }

        try
        {
            AbiReader state = new(channel);
            AbiReader rest = new(aux);
            amounts = new ChannelAmounts(
                state.ReadUInt128(), state.ReadUInt128(), rest.ReadUInt64());
            return amounts.IsPossible;
        }
        catch (FormatException)
        {
            return false;
        }
    }

    /// <summary>What redeemBatch would do on top of a block, by the word of half of the endpoints:
    /// one alone neither holds back units nor has gas paid for nothing, where there are three.
    /// </summary>
    /// <returns>The bitmap of rows that move their channel, and the token base units paid.
    /// </returns>
    public async Task<(UInt256 Bitmap, UInt256 Paid)> SimulateRedeemAsync(
        Address from, byte[] data, BlockTag block, CancellationToken cancel)
    {
        List<(Bytes32 Bitmap, UInt256 Paid)> said = await _reader
            .ReadEverywhereAsync(
                data,
                3,
                block,
                (ref r) =>
                {
                    r.ReadUInt256();
                    return (r.ReadUInt256().ToBytes32(), r.ReadUInt256());
                },
                cancel,
                from)
            .ConfigureAwait(false);
        byte[] bitmap = new byte[Bytes32.Size];
        for (int bit = 0; bit < 8 * bitmap.Length; bit++)
        {
            byte mask = (byte)(1 << (bit % 8));
            int votes = said.FindAll(one => (one.Bitmap[bit / 8] & mask) != 0).Count;
            bitmap[bit / 8] |= 2 * votes >= said.Count ? mask : (byte)0;
        }

        said.Sort((left, right) => left.Paid.CompareTo(right.Paid));
        return (UInt256.FromBigEndian(bitmap), said[said.Count / 2].Paid);
    }

    /// <summary>Token base units for minting, premium included.</summary>
    public Task<UInt256> QuoteAsync(
        in VoucherClass terms, UInt128 units, BlockTag block, CancellationToken cancel) =>
        _reader.NumberAsync(
            new AbiWriter().Write(terms).Write(units).ToCall(VouchersAbi.Quote.Selector),
            block,
            cancel);

    /// <summary>Units ever minted; 0 where the class does not exist.</summary>
    public Task<UInt256> MintedAsync(Bytes32 classId, BlockTag block, CancellationToken cancel) =>
        _reader.NumberAsync(
            new AbiWriter().Write(classId).ToCall(VouchersAbi.Minted.Selector), block, cancel);

    /// <summary>Units of a class that an account holds.</summary>
    public Task<UInt256> BalanceAsync(
        Address account, Bytes32 classId, BlockTag block, CancellationToken cancel) =>
        _reader.NumberAsync(
            new AbiWriter().Write(account).Write(classId).ToCall(VouchersAbi.BalanceOf.Selector),
            block,
            cancel);

    /// <summary>A batch in escrow; its amount is 0 once it is released.</summary>
    public Task<EscrowBatch> BatchAsync(ulong id, BlockTag block, CancellationToken cancel) =>
        _reader.ReadAsync(BatchCall(id), BatchWords, block, ReadBatch, cancel);

    /// <summary>Token base units that went back of a row, or into a batch of their own.</summary>
    public Task<UInt256> RefundedAsync(
        ulong batchId, ulong row, BlockTag block, CancellationToken cancel) => _reader.NumberAsync(
            new AbiWriter().Write(batchId).Write(row).ToCall(VouchersAbi.Refunded.Selector),
            block,
            cancel);

    /// <summary>Data of the call that <see cref="BatchAsync"/> makes.</summary>
    internal static byte[] BatchCall(ulong id) =>
        new AbiWriter().Write(id).ToCall(VouchersAbi.Batch.Selector);

    /// <summary>What that call returned; false for anything that no contract returns.</summary>
    internal static bool TryReadBatch(byte[]? answer, out EscrowBatch batch)
    {
        batch = default;
        if (answer is not { Length: BatchWords * Bytes32.Size })
        {
            return false;
        }

        try
        {
            AbiReader reader = new(answer);
            batch = ReadBatch(ref reader);
            return true;
        }
        catch (FormatException)
        {
            return false;
        }
    }

    private static EscrowBatch ReadBatch(ref AbiReader words) => new(
        words.ReadUInt128(),
        words.ReadUInt64(),
        words.ReadUInt64(),
        words.ReadAddress(),
        words.ReadAddress(),
        words.ReadBytes32());

    /// <summary>Batches so far: their ids run from 1 to this.</summary>
    public Task<ulong> BatchCountAsync(BlockTag block, CancellationToken cancel) =>
        _reader.ReadAsync(new AbiWriter().ToCall(VouchersAbi.BatchCount.Selector), 1, block,
            (ref r) => r.ReadUInt64(), cancel);

    /// <summary>Token base units that wait for settle.</summary>
    public Task<UInt256> EarnedAsync(
        Address account, Address token, BlockTag block, CancellationToken cancel) =>
        _reader.NumberAsync(
            new AbiWriter().Write(account).Write(token).ToCall(VouchersAbi.Earned.Selector),
            block,
            cancel);

    /// <summary>Token base units that nobody gets any more, dust left out.</summary>
    public Task<UInt256> BurnedAsync(Address token, BlockTag block, CancellationToken cancel) =>
        _reader.ReadAsync(
            new AbiWriter().Write(token).ToCall(VouchersAbi.Burned.Selector),
            2,
            block,
            (ref r) => r.ReadUInt256(),
            cancel);

    /// <summary>The registry that this contract asks.</summary>
    public Task<Address> ProvidersAsync(BlockTag block, CancellationToken cancel) =>
        _reader.AddressAsync(
            new AbiWriter().ToCall(VouchersAbi.ProvidersOf.Selector), block, cancel);
}

/// <summary>What the contract holds of one channel: its channel() and aux() in one.</summary>
/// <param name="Locked">Units ever locked and not handed back.</param>
/// <param name="Redeemed">Units paid and burned; never above <paramref name="Locked"/>.</param>
/// <param name="ThawAt">Unix seconds from which the holder may withdraw; 0 while no thaw runs,
/// <see cref="ClosedThawAt"/> when closed.</param>
public readonly record struct ChannelAmounts(UInt128 Locked, UInt128 Redeemed, ulong ThawAt)
{
    /// <summary>type(uint40).max marks a channel that ended for good.</summary>
    public const ulong ClosedThawAt = (1UL << 40) - 1;

    public bool IsClosed => ThawAt == ClosedThawAt;

    internal bool IsPossible => Redeemed <= Locked && ThawAt <= ClosedThawAt;
}

/// <summary>What one redemption of a class with a court paid, or a part of one of its rows:
/// Batch.sol.</summary>
/// <param name="Amount">Token base units still in escrow.</param>
/// <param name="MaturesAt">Unix seconds from which anyone may release it.</param>
/// <param name="Latest">Unix seconds after which nothing split off it may mature.</param>
/// <param name="RowsHash">keccak256 of the records of its BatchEscrowed.</param>
public readonly record struct EscrowBatch(
    UInt128 Amount,
    ulong MaturesAt,
    ulong Latest,
    Address Provider,
    Address Token,
    Bytes32 RowsHash);
