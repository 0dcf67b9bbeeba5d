using System;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Client;

/// <summary>
/// What a node stands to lose for the orders of a class with a court: its bond in the class's token
/// before that court. An order is not signed where the bond could leave before the last word about
/// it is spoken, or where there is none.
/// </summary>
/// <param name="providers">Reads the bond.</param>
/// <param name="node">Of the channel.</param>
/// <param name="terms">Of the channel's class.</param>
/// <param name="time">Clock of the looks.</param>
public sealed class NodeBond(
    ProvidersContract providers, Address node, VoucherClass terms, TimeProvider time)
    : IDisposable
{
    /// <summary>The chain is asked so often: a bond that begins its exit meanwhile stays for 33
    /// days, so that a minute more or less loses nothing.</summary>
    private static readonly TimeSpan s_every = TimeSpan.FromMinutes(1);

    private readonly SemaphoreSlim _gate = new(1);
    private Bond _bond;
    private long? _readAt;

    /// <summary>Returns where an order of this deadline, Unix seconds, may be signed.</summary>
    /// <exception cref="ClientException">The bond does not answer for it, or cannot be read.
    /// </exception>
    public async Task RequireAsync(ulong deadline, CancellationToken cancel)
    {
        Bond bond = await ReadAsync(cancel).ConfigureAwait(false);
        if (bond.Amount == 0)
        {
            throw new ClientException($"node {node} has no bond in token {terms.Token} before the "
                + $"court {terms.Court}: it could not be punished (use another node)");
        }

        if (!CourtLimits.IsBonded(bond.ExitAt, deadline))
        {
            throw new ClientException($"node {node} takes its bond away at {bond.ExitDate}, "
                + $"less than {CourtLimits.BondSeconds / 86_400} days after the order's deadline: "
                + "it could not be punished (use another node)");
        }
    }

    public void Dispose() => _gate.Dispose();

    private async Task<Bond> ReadAsync(CancellationToken cancel)
    {
        await _gate.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            if (_readAt is not long at || time.GetElapsedTime(at) >= s_every)
            {
                _bond = await providers.BondAsync(
                    node, terms.Token, terms.Court, BlockTag.Latest, cancel).ConfigureAwait(false);
                _readAt = time.GetTimestamp();
            }

            return _bond;
        }
        catch (ChainException failure)
        {
            throw new ClientException($"the bond of node {node} cannot be read: {failure.Message} "
                + "(name an endpoint that answers)", failure);
        }
        finally
        {
            _gate.Release();
        }
    }
}
