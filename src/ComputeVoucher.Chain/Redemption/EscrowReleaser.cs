using System;
using System.Collections.Generic;
using System.Globalization;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Ledger;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Chain;

/// <summary>Ends the escrow of what has matured, when that is worth its gas by the rules of a
/// redemption: nothing is lost by waiting, so it is never urgent.</summary>
/// <remarks>What is due is read from the chain, and so is what became of a release: one that never
/// happened is due at the next look.</remarks>
public sealed class EscrowReleaser
{
    /// <summary>The kind of outbox rows that release.</summary>
    public const string Kind = "release";

    // Of a transaction that releases, without its batches; and of one of these. Measured:
    // 12,600 each at 128 of them; the first pays for a slot of the account.
    private const ulong TransactionGas = 45_000;
    private const ulong BatchGas = 12_600;

    /// <summary>Between two looks: escrow is counted in days.</summary>
    private static readonly TimeSpan s_every = TimeSpan.FromMinutes(10);

    private readonly Address _vouchers;
    private readonly Func<CancellationToken, Task<Address>> _provider;
    private readonly List<EscrowBook> _books = [];
    private readonly Outbox _outbox;
    private readonly RedeemerOptions _options;
    private readonly TimeProvider _time;
    private long? _looked;
    private long _released;
    private volatile EscrowFigures _figures = new(0, 0, null);

    /// <param name="rpc">The chain.</param>
    /// <param name="vouchers">The Vouchers contract.</param>
    /// <param name="provider">Whose batches; zero while nobody knows.</param>
    /// <param name="tokens">Of the classes that have a court.</param>
    /// <param name="outbox">Carries them through; anybody may release.</param>
    /// <param name="options">When it is worth it.</param>
    /// <param name="time">Paces the looks.</param>
    public EscrowReleaser(JsonRpcClient rpc, Address vouchers,
        Func<CancellationToken, Task<Address>> provider, IEnumerable<Address> tokens,
        Outbox outbox, RedeemerOptions options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        (_vouchers, _provider) = (vouchers, provider);
        (_outbox, _options, _time) = (outbox, options, time);
        foreach (Address token in tokens)
        {
            _books.Add(new EscrowBook(rpc, vouchers, token));
        }
    }

    /// <summary>As the last look found it.</summary>
    public EscrowFigures Figures => _figures;

    /// <summary>Transactions that were asked for, since the start.</summary>
    public long Released => Interlocked.Read(ref _released);

    /// <summary>Looks, when it is time, and releases what is worth it.</summary>
    /// <param name="head">The newest block: its clock says what has matured.</param>
    /// <param name="submitted">The rows that were added to the outbox go in here.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <exception cref="ChainException">No endpoint answers; the next look tries again.</exception>
    public async Task StepAsync(
        BlockHeader head, List<OutboxEntry> submitted, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(head);
        ArgumentNullException.ThrowIfNull(submitted);
        if (_looked is long at && _time.GetElapsedTime(at) < s_every)
        {
            return;
        }

        _looked = _time.GetTimestamp();
        Address provider = await _provider(cancel).ConfigureAwait(false);
        if (provider.IsZero)
        {
            return;
        }

        (UInt128 due, UInt128 waiting, ulong? next) = (0, 0, null);
        foreach (EscrowBook book in _books)
        {
            if (!await book.LookAsync(provider, head, cancel).ConfigureAwait(false))
            {
                // The rest with the next steps: a release takes the most valuable of all.
                _looked = null;
                return;
            }

            List<HeldBatch> matured = [];
            foreach (HeldBatch batch in book.Held)
            {
                if (batch.MaturesAt <= head.Timestamp)
                {
                    matured.Add(batch);
                    due += batch.Amount;
                    continue;
                }

                waiting += batch.Amount;
                next = Math.Min(next ?? ulong.MaxValue, batch.MaturesAt);
            }

            await ReleaseAsync(matured, head, submitted, cancel).ConfigureAwait(false);
        }

        _figures = new EscrowFigures(due, waiting, next);
    }

    /// <summary>The key of the next release, automatic or an operator's: whoever looks at the
    /// outbox and then submits under the key of that look gets one row with all who did the same.
    /// </summary>
    public static string NextKey(Outbox outbox)
    {
        ArgumentNullException.ThrowIfNull(outbox);
        long newest = 0;
        foreach (OutboxEntry row in outbox.Open)
        {
            newest = IsRelease(row, outbox) ? Math.Max(newest, row.Id) : newest;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{Kind} {newest}");
    }

    /// <summary>Whether a row of the outbox is a release by its account.</summary>
    public static bool IsRelease(OutboxEntry row, Outbox outbox)
    {
        ArgumentNullException.ThrowIfNull(row);
        ArgumentNullException.ThrowIfNull(outbox);
        return row.Request.Kind == Kind && row.From == outbox.Account;
    }

    /// <param name="matured">The most valuable first: whoever leaves dust there, for anybody can,
    /// does not keep the rest from its place.</param>
    private async Task ReleaseAsync(List<HeldBatch> matured, BlockHeader head,
        List<OutboxEntry> submitted, CancellationToken cancel)
    {
        string key = NextKey(_outbox);
        if (!_options.IsAutomatic || matured.Count == 0 || IsOnItsWay())
        {
            return;
        }

        FeeView fees = await _outbox.Market.LookAsync(head, cancel).ConfigureAwait(false);
        int count = Count(matured, (UInt256)fees.GasPrice * BatchGas);
        if (count == 0)
        {
            return;
        }

        ulong[] ids = new ulong[count];
        (UInt256 amount, ulong oldest) = (UInt256.Zero, head.Timestamp);
        for (int i = 0; i < count; i++)
        {
            ids[i] = matured[i].Id;
            amount += matured[i].Amount;
            oldest = Math.Min(oldest, matured[i].MaturesAt);
        }

        byte[] data = VouchersContract.Release(ids);
        UInt128 dataFee = await _outbox.Market.DataFeeAsync(data, cancel).ConfigureAwait(false);
        UInt256 cost =
            ((UInt256)fees.GasPrice * (TransactionGas + (BatchGas * (ulong)count))) + dataFee;
        bool isOld = head.Timestamp - oldest >= (ulong)_options.AgeMax.TotalSeconds;
        UInt128 worth = Coins.Worth(amount, _options.WeiPerTokenUnit);
        bool pays = IsPriced
            ? (UInt256)worth >= cost * (isOld ? 1U : _options.GasFactor)
            : isOld;
        if (pays)
        {
            OutboxRequest request = new()
            {
                Kind = Kind,
                Key = key,
                To = _vouchers,
                Data = data,
                CostMaxWei = IsPriced ? worth : null,
            };
            OutboxEntry row = await _outbox.SubmitAsync(request, cancel).ConfigureAwait(false);
            if (ReferenceEquals(row.Request, request))
            {
                submitted.Add(row);
                Interlocked.Increment(ref _released);
            }
        }
    }

    private bool IsPriced => _options.WeiPerTokenUnit != UInt128.Zero;

    /// <summary>Of the first so many, those that bring what they themselves cost.</summary>
    private int Count(List<HeldBatch> matured, UInt256 batchCost)
    {
        int count = Math.Min(matured.Count, ChainLimits.ReleaseBatchesMax);
        while (IsPriced && count > 0 && batchCost > (UInt256)Coins.Worth(
            matured[count - 1].Amount, _options.WeiPerTokenUnit))
        {
            count--;
        }

        return count;
    }

    /// <summary>One at a time, an operator's included: the next would release the same again.
    /// </summary>
    private bool IsOnItsWay()
    {
        foreach (OutboxEntry row in _outbox.Open)
        {
            if (IsRelease(row, _outbox))
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>What a provider has in escrow; token base units, of all tokens.</summary>
/// <param name="Matured">May be released.</param>
/// <param name="Waiting">Not yet.</param>
/// <param name="NextAt">Unix seconds at which the first of that matures; null where none waits.
/// </param>
public sealed record EscrowFigures(UInt128 Matured, UInt128 Waiting, ulong? NextAt);
