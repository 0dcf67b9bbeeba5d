using System;
using System.Collections.Generic;
using System.Net;
using System.Threading;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Wire.Internal;

/// <summary>Connections, bytes and abuse tokens by address and by payer. Thread safe.</summary>
internal sealed class AddressBook(WireLimits limits, TimeProvider time)
{
    /// <summary>
    /// What an IPv6 /64, a /56 and a /48 may have, in times of one address: a customer is given a
    /// network of 2⁸ to 2¹⁶ of the first, and may house more than one household, but not all.
    /// </summary>
    private static readonly (int Prefix, int Times)[] s_networks = [(64, 1), (56, 4), (48, 16)];

    private readonly Lock _gate = new();
    private readonly Dictionary<AddressKey, Account> _addresses = [];
    private readonly Dictionary<Address, Account> _payers = [];

    /// <summary>Accounts kept: those with a connection, bytes held, or tokens missing.</summary>
    internal int Count
    {
        get
        {
            lock (_gate)
            {
                return _addresses.Count + _payers.Count;
            }
        }
    }

    /// <summary>
    /// Counts a new connection; null when the address, or a network that it is in, has too many or
    /// no token left.
    /// </summary>
    internal Account? Enter(IPAddress address)
    {
        lock (_gate)
        {
            Account? outer = null;
            for (int i = s_networks.Length - 1; i >= 0; i--)
            {
                (int prefix, int times) = s_networks[i];
                if (AddressKey.Of(address, prefix) is not { } key)
                {
                    continue;
                }

                Account own = Get(_addresses, key, times);
                own.Outer = outer;
                if (own.Connections >= own.ConnectionsMax || own.Tokens == 0)
                {
                    return null;
                }

                outer = own;
            }

            Add(outer, 1);
            return outer;
        }
    }

    /// <summary>Counts a connection that has shown who pays; null when the payer has too many: then
    /// it stays a stranger's.</summary>
    internal Account? EnterPayer(in Address payer)
    {
        lock (_gate)
        {
            Account account = Get(_payers, payer, 1);
            if (account.Connections >= account.ConnectionsMax)
            {
                return null;
            }

            account.Connections++;
            return account;
        }
    }

    internal void Leave(Account account)
    {
        lock (_gate)
        {
            Add(account, -1);
        }
    }

    /// <summary>Takes a token for abuse; false when there is none.</summary>
    internal bool Punish(Account account)
    {
        lock (_gate)
        {
            bool had = true;
            for (Account? one = account; one is not null; one = one.Outer)
            {
                Refill(one);
                if (one.Tokens == one.TokensMax)
                {
                    one.TokensAt = time.GetTimestamp();
                }

                had &= one.Tokens > 0;
                one.Tokens = Math.Max(0, one.Tokens - 1);
            }

            return had;
        }
    }

    /// <summary>Forgets accounts that use nothing and owe nothing.</summary>
    internal void Sweep()
    {
        lock (_gate)
        {
            Forget(_addresses);
            Forget(_payers);
        }
    }

    private static void Add(Account? account, int change)
    {
        for (; account is not null; account = account.Outer)
        {
            account.Connections += change;
        }
    }

    private Account Get<TKey>(Dictionary<TKey, Account> accounts, TKey key, int times)
        where TKey : notnull
    {
        if (!accounts.TryGetValue(key, out Account? account))
        {
            account = new Account(limits, times);
            accounts.Add(key, account);
        }

        Refill(account);
        return account;
    }

    private void Forget<TKey>(Dictionary<TKey, Account> accounts)
        where TKey : notnull
    {
        foreach ((TKey key, Account account) in accounts)
        {
            Refill(account);
            if (account.Connections == 0
                && account.Held.Bytes == 0
                && account.Tokens == account.TokensMax)
            {
                accounts.Remove(key);
            }
        }
    }

    private void Refill(Account account)
    {
        if (account.Tokens == account.TokensMax)
        {
            return;
        }

        TimeSpan since = time.GetElapsedTime(account.TokensAt);
        long back = (long)(since.TotalMilliseconds / limits.AbuseTokenMs);
        if (back > 0)
        {
            account.Tokens = (int)Math.Min(
                account.TokensMax, account.Tokens + (back * account.TokensBack));
            account.TokensAt = time.GetTimestamp();
        }
    }
}
