using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Chain;

/// <summary>A provider's batches in escrow in one token, kept from look to look, so that a look
/// reads what is new and what matters, however much dust others leave there.</summary>
/// <remarks>Who is paid never changes and an amount only falls, so a batch is looked up once, and
/// again while it holds something. All of that is true of one branch of the chain: where the block
/// of the look before is no longer part of it, everything is read anew.</remarks>
internal sealed class EscrowBook(JsonRpcClient rpc, Address vouchers, Address token)
{
    /// <summary>New batches that one look reads: 20 requests.</summary>
    private const int NewMax = 2_000;

    /// <summary>Known batches that one look reads again, matured ones first, the most valuable of
    /// them first: 10 requests.</summary>
    private const int AgainMax = 1_000;

    /// <summary>Batches that are kept, the most valuable ones: 48 bytes each, 3 MiB. The rest is
    /// left to the command `settle`.</summary>
    private const int HeldMax = 65_536;

    private readonly List<HeldBatch> _held = [];
    private Address _provider;
    private BlockHeader? _seen;
    private ulong _next = 1;

    /// <summary>Those that hold something, the most valuable first.</summary>
    public IReadOnlyList<HeldBatch> Held => _held;

    /// <summary>Reads on, as of a block.</summary>
    /// <returns>False where more is left to read than one look does, or the endpoint lags.
    /// </returns>
    /// <exception cref="ChainException">No endpoint answers; nothing that was not read is taken
    /// for read.</exception>
    public async Task<bool> LookAsync(
        Address provider, BlockHeader head, CancellationToken cancel)
    {
        if (!await FollowAsync(provider, cancel).ConfigureAwait(false))
        {
            return false;
        }

        // Before anything is taken in: what fails half-way was of this block as well.
        _seen = head;
        BlockTag block = BlockTag.Number(head.Number);
        ulong count = await new VouchersContract(rpc, vouchers).BatchCountAsync(block, cancel)
            .ConfigureAwait(false);
        await AgainAsync(head, cancel).ConfigureAwait(false);
        if (_next <= count)
        {
            ulong last = Math.Min(count, _next + NewMax - 1);
            ulong[] ids = new ulong[last - _next + 1];
            for (int i = 0; i < ids.Length; i++)
            {
                ids[i] = _next + (ulong)i;
            }

            _held.AddRange(await EscrowScan.ReadAsync(
                rpc, vouchers, provider, token, ids, block, cancel).ConfigureAwait(false));
            _next = last + 1;
        }

        _held.Sort(static (a, b) => a.Amount != b.Amount
            ? b.Amount.CompareTo(a.Amount)
            : a.Id.CompareTo(b.Id));
        if (_held.Count > HeldMax)
        {
            _held.RemoveRange(HeldMax, _held.Count - HeldMax);
        }

        return _next > count;
    }

    /// <summary>Forgets what another branch of the chain, or of another provider, was told.
    /// </summary>
    private async Task<bool> FollowAsync(Address provider, CancellationToken cancel)
    {
        bool isSame = provider == _provider;
        if (isSame && _seen is { } seen)
        {
            BlockHeader? block = await rpc.BlockAsync(BlockTag.Number(seen.Number), cancel)
                .ConfigureAwait(false);
            if (block is null)
            {
                return false;
            }

            isSame = block.Hash == seen.Hash;
        }

        if (!isSame)
        {
            _held.Clear();
            (_provider, _next, _seen) = (provider, 1, null);
        }

        return true;
    }

    /// <summary>What the most important ones hold now.</summary>
    private async Task AgainAsync(BlockHeader head, CancellationToken cancel)
    {
        (List<ulong> ids, List<HeldBatch> rest) = ([], []);
        for (int pass = 0; pass < 2; pass++)
        {
            foreach (HeldBatch batch in _held)
            {
                if (batch.MaturesAt <= head.Timestamp != (pass == 0))
                {
                    continue;
                }

                if (ids.Count < AgainMax)
                {
                    ids.Add(batch.Id);
                }
                else
                {
                    rest.Add(batch);
                }
            }
        }

        rest.AddRange(await EscrowScan.ReadAsync(rpc, vouchers, _provider, token,
            [.. ids], BlockTag.Number(head.Number), cancel).ConfigureAwait(false));
        _held.Clear();
        _held.AddRange(rest);
    }
}
