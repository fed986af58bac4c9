/**
 * Made by `npm run generate` in client/ from the server's OpenAPI document (src/openapi). Not to be edited: a test
 * compares it with what would be made now.
 */
export interface paths {
    "/livez": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether the process runs */
        get: operations["live"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/readyz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether the server takes requests */
        get: operations["ready"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Metrics, for Prometheus
         * @description Opened by `Authorization: Bearer` with the token of `CRUCIBLE_METRICS_TOKEN`, and by no API key. The development profile needs none unless one is set.
         */
        get: operations["metrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/openapi.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** This document */
        get: operations["openApi"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/docs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** This document for people */
        get: operations["docs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/docs/{file}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What that page is made of */
        get: operations["docsFile"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/token": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Exchange a signed request for a token of five minutes */
        post: operations["createToken"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/wallet/create": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Create a wallet of an npub
         * @description With an `admin` key, a `wallet:write` key bound to this npub, or signed by it. An npub has one wallet for each mint and unit; without either the first is told.
         */
        post: operations["createWallet"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/wallet/{npub}/wallets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** All wallets of an npub, the first one first */
        get: operations["wallets"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/wallet/{npub}/info": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What a wallet is and has */
        get: operations["walletInfo"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/wallet/{npub}/balance": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What a wallet holds */
        get: operations["balance"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/wallet/{npub}/mint": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Ask for an invoice that funds the wallet
         * @description The server watches it and credits the wallet; nobody has to call back.
         */
        post: operations["mint"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/wallet/{npub}/mint/complete": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Look now whether such an invoice was paid */
        post: operations["completeMint"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/wallet/{npub}/send": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Make a token of exactly this amount
         * @description Locked to `recipientPubkey` where one is given (NUT-11); from `locktime` on, `refundPubkey`, or else this wallet, may take it back. Whoever has a token that is not locked may spend it.
         */
        post: operations["send"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/wallet/{npub}/send/{transactionId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What has become of a token, and the token while it may still be claimed
         * @description A token is money, so this takes `wallet:melt`; a key with a budget sees only what it has sent itself.
         */
        get: operations["sendStatus"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/wallet/{npub}/send/{transactionId}/reclaim": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Take back what nobody has claimed of a token */
        post: operations["reclaim"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/wallet/{npub}/receive": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Exchange a token for ecash that this wallet alone knows
         * @description Of the wallet’s own mint and unit, in version 3 or 4. Locked tokens are taken where they are locked to the wallet’s `tokenPubkey`. The same token again tells the same outcome.
         */
        post: operations["receive"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/wallet/{npub}/melt/quote": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * What paying an invoice would cost
         * @description Reserves nothing, and is no offer.
         */
        post: operations["quoteMelt"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/wallet/{npub}/melt": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Pay a Lightning invoice
         * @description `maxFee` bounds fee reserve and input fees together, and can only lower the server’s own cap. `maxTotal` bounds all that may leave the wallet; without it, a wallet in another unit than sat or msat pays nothing, since its mint sets the price.
         */
        post: operations["melt"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/wallet/{npub}/melt/{transactionId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How a payment is going */
        get: operations["meltStatus"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/wallet/{npub}/transactions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What a wallet has done, newest first
         * @description Go on with `nextCursor` and the same filters; what begins meanwhile does not move the pages.
         */
        get: operations["transactions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/wallet/{npub}/transactions/{transactionId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One of them, of whatever kind, with its timeline */
        get: operations["transaction"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/wallet/{npub}/proofs/status": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Compare all proofs of a wallet with its mint
         * @description Changes nothing. A difference counts if both say so when they are asked again.
         */
        post: operations["proofsStatus"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/wallet/{npub}/reconcile": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Compare them, and mark what the mint calls spent
         * @description What pre-flight would put right before a payment, and no more. `dryRun`: lists that, and changes nothing.
         */
        post: operations["reconcile"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/wallet/{npub}/restore": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The restore that is under way, or the last */
        get: operations["restoreStatus"];
        put?: never;
        /**
         * Look for all ecash of a wallet by its seed
         * @description New melts and mintings are refused meanwhile. Whoever asks while it is under way is told of the same one.
         */
        post: operations["restore"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/support/reports": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Error reports, those that were met last first
         * @description One for each incident, however often it was met. Go on with `nextCursor` and the same filters; a report that is met meanwhile moves to the top.
         */
        get: operations["reports"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/support/reports/{supportId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What happened, what it means for the customer’s money, and what to do
         * @description Found by any supportId that was ever told for it.
         */
        get: operations["report"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/support/reports/{supportId}/resolve": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Call a report dealt with
         * @description Who, when and why are kept, also when the server closes it later by itself. If the incident is met again, it is open again.
         */
        post: operations["resolveReport"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/support/operations/{transactionId}/recheck": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Ask the mint now, and advance an operation as far as it goes
         * @description As the server does by itself, only sooner. It decides nothing that the server would not.
         */
        post: operations["recheck"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/support/operations/{transactionId}/decide": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Decide about an operation that the server does not end by itself
         * @description For operations that wait for a person, or have been open for over an hour. `fence`: its ecash is taken back by a swap at the mint, and is the wallet’s again once that has succeeded; where the mint has paid with it after all, it is booked as paid. `write_off` (scope `admin`): it is given up, and what is proven to be the wallet’s becomes spendable; refused for what is the wallet’s by its mint.
         */
        post: operations["decide"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        Alive: {
            /** @constant */
            status: "ok";
        };
        Ready: {
            /** @constant */
            ready: true;
            /** @constant */
            database: "writable";
            mints: {
                /** @description The mint’s address */
                url: string;
                /** @description How long ago it answered last; null = not yet */
                answeredMsAgo: number | null;
                /**
                 * @description Whether it is asked at all just now
                 * @enum {string}
                 */
                circuit: "closed" | "open" | "half_open";
            }[];
            /** @constant */
            draining: false;
        };
        OpenApi: Record<string, never>;
        Nothing: Record<string, never>;
        BearerToken: {
            /** @constant */
            success: true;
            /** @description For `Authorization: Bearer`; told once */
            token: string;
            /**
             * Format: npub
             * @description The wallet’s owner, as NIP-19 spells a Nostr public key
             */
            npub: string;
            scopes: ("wallet:read" | "wallet:write" | "wallet:melt")[];
            /**
             * Format: date-time
             * @description Five minutes from now
             */
            expiresAt: string;
        };
        WalletWish: {
            /**
             * Format: npub
             * @description The wallet’s owner, as NIP-19 spells a Nostr public key
             */
            npub: string;
            /**
             * Format: mint-url
             * @description One of the mints that the server uses, at most 2,048 printable characters; else its first
             */
            mintUrl?: string;
            /**
             * Format: mint-unit
             * @description In which unit: one in which the mint can be paid and pays; else its first, `sat` where it has that
             */
            unit?: string;
        };
        WalletCreated: {
            /** @constant */
            success: true;
            /** @description Whether it was made now */
            message: string;
            walletDetails: {
                /**
                 * Format: npub
                 * @description The wallet’s owner, as NIP-19 spells a Nostr public key
                 */
                npub: string;
                /** @description Names one wallet of an npub */
                walletId: string;
                /** @description The mint’s address */
                mintUrl: string;
                /** @description What amounts are counted in, as the mint calls it: sat, msat, usd, … */
                unit: string;
            };
        };
        Wallets: {
            /** @constant */
            success: true;
            wallets: {
                /** @description Names one wallet of an npub */
                walletId: string;
                /**
                 * Format: npub
                 * @description The wallet’s owner, as NIP-19 spells a Nostr public key
                 */
                npub: string;
                /** @description The mint’s address */
                mintUrl: string;
                /** @description What amounts are counted in, as the mint calls it: sat, msat, usd, … */
                unit: string;
                /**
                 * Format: int64
                 * @description Can be spent now
                 */
                balance: number;
                /** @description Whether requests without a walletId are about it */
                isDefault: boolean;
                /**
                 * Format: date-time
                 * @description When the wallet was made
                 */
                createdAt: string;
            }[];
        };
        WalletInfo: {
            /** @constant */
            success: true;
            walletInfo: {
                /**
                 * Format: npub
                 * @description The wallet’s owner, as NIP-19 spells a Nostr public key
                 */
                npub: string;
                /** @description Names one wallet of an npub */
                walletId: string;
                /** @description The mint’s address */
                mintUrl: string;
                /** @description What amounts are counted in, as the mint calls it: sat, msat, usd, … */
                unit: string;
                /**
                 * Format: int64
                 * @description Can be spent now
                 */
                balance: number;
                /** @description Lock tokens for this wallet to it (NUT-11) */
                tokenPubkey: string;
                statistics: {
                    tokens: {
                        /** @description Awaited */
                        pending: number;
                        /** @description Held */
                        unspent: number;
                        /** @description Spent */
                        spent: number;
                        /** @description Never came */
                        failed: number;
                    };
                    /** @description Unspent proofs */
                    proofs: number;
                    melts: {
                        /** @description Under way */
                        open: number;
                        /** @description Paid */
                        paid: number;
                        /** @description Given back */
                        failed: number;
                    };
                };
                /**
                 * Format: date-time
                 * @description When the wallet was made
                 */
                createdAt: string;
            };
        };
        Balance: {
            /** @constant */
            success: true;
            /**
             * Format: int64
             * @description Can be spent now
             */
            balance: number;
            details: {
                /**
                 * Format: int64
                 * @description The same as unspentBalance
                 */
                totalBalance: number;
                /**
                 * Format: int64
                 * @description All that is not known to be spent
                 */
                unspentBalance: number;
                /**
                 * Format: int64
                 * @description Its part in open operations
                 */
                reservedBalance: number;
                /**
                 * Format: int64
                 * @description Mint quotes that may still be paid, or are being issued
                 */
                pendingBalance: number;
                /**
                 * Format: int64
                 * @description All tokens ever spent, swapped ones included
                 */
                spentBalance: number;
            };
        };
        MintWish: {
            /**
             * Format: int64
             * @description What to credit
             */
            amount: number;
            /** @description The owner’s own words, told to the owner alone */
            memo?: string;
            /** @description What the owner’s program calls it; need not be unique */
            externalId?: string;
        };
        MintQuote: {
            /** @constant */
            success: true;
            /** @description Names the quote at its mint */
            quote: string;
            /**
             * Format: bolt11
             * @description A Lightning invoice (BOLT 11)
             */
            invoice: string;
            /**
             * Format: int64
             * @description What the wallet is credited once the invoice is paid
             */
            amount: number;
            /** @description Names the operation */
            transactionId: string;
            /** @description Unix seconds; null where the mint sets no end */
            expiry: number | null;
            /** @description The mint’s address */
            mintUrl: string;
        };
        MintLook: {
            /** @description Names the quote at its mint */
            quoteId: string;
        };
        Minted: {
            /** @constant */
            success: true;
            /** @description Names a token in the wallet */
            tokenId: string;
            /** @description Names the operation */
            transactionId: string;
            /**
             * Format: int64
             * @description What was credited
             */
            totalAmount: number;
            /** @description The mint’s address */
            mintUrl: string;
        };
        NotMinted: {
            /** @constant */
            success: true;
            /**
             * @description Whether the invoice is paid
             * @enum {string}
             */
            status: "UNPAID" | "PAID" | "NEEDS_ATTENTION";
            /**
             * @description The operation’s own state
             * @enum {string}
             */
            state: "awaiting_payment" | "issuing" | "expired" | "needs_attention" | "written_off";
            /** @description Names the operation */
            transactionId: string;
            /**
             * Format: uri-reference
             * @description Where to ask how it is going on
             */
            statusUrl: string;
        };
        SendWish: {
            /**
             * Format: int64
             * @description What the token shall be worth
             */
            amount: number;
            /**
             * Format: cashu-pubkey
             * @description A public key: 33 bytes in hex, 32 bytes in hex as Nostr has them, or an npub
             */
            recipientPubkey?: string;
            /**
             * Format: cashu-pubkey
             * @description A public key: 33 bytes in hex, 32 bytes in hex as Nostr has them, or an npub
             */
            refundPubkey?: string;
            /** @description Unix seconds, in the future */
            locktime?: number;
            /** @description The owner’s own words, told to the owner alone */
            memo?: string;
            /** @description What the owner’s program calls it; need not be unique */
            externalId?: string;
        };
        Sent: {
            /** @constant */
            success: true;
            /** @description Ecash: whoever has it may spend it, unless it is locked (NUT-00, version 4) */
            encodedToken: string;
            /** @description Names the operation */
            transactionId: string;
            /**
             * Format: int64
             * @description What the token is worth
             */
            amount: number;
            /**
             * Format: int64
             * @description What the swap gave back to the wallet
             */
            changeAmount: number;
            /**
             * Format: int64
             * @description The mint’s fee for the swap
             */
            fee: number;
            /** @description The mint’s address */
            mintUrl: string;
            /**
             * @description What it means
             * @enum {string}
             */
            status: "PENDING" | "PAID" | "FAILED" | "NEEDS_ATTENTION";
            /**
             * @description The operation’s own state
             * @enum {string}
             */
            state: "swapping" | "sent" | "reclaiming" | "claimed" | "partly_claimed" | "reclaimed" | "released" | "cancelled" | "needs_attention" | "written_off";
        };
        TokenPending: {
            /** @constant */
            success: true;
            /** @description Names the operation */
            transactionId: string;
            /** @constant */
            status: "PENDING";
            /**
             * Format: uri-reference
             * @description Where to ask how it is going on
             */
            statusUrl: string;
        };
        SendStatus: {
            /** @constant */
            success: true;
            /** @description Names the operation */
            transactionId: string;
            /**
             * Format: int64
             * @description What the token is worth
             */
            amount: number;
            /**
             * Format: int64
             * @description What the swap gave back to the wallet
             */
            changeAmount: number;
            /**
             * Format: int64
             * @description The mint’s fee for the swap
             */
            fee: number;
            /** @description The mint’s address */
            mintUrl: string;
            /**
             * @description What it means
             * @enum {string}
             */
            status: "PENDING" | "PAID" | "FAILED" | "NEEDS_ATTENTION";
            /**
             * @description The operation’s own state
             * @enum {string}
             */
            state: "swapping" | "sent" | "reclaiming" | "claimed" | "partly_claimed" | "reclaimed" | "released" | "cancelled" | "needs_attention" | "written_off";
            /** @description Ecash: whoever has it may spend it, unless it is locked (NUT-00, version 4) */
            encodedToken: string | null;
            /**
             * Format: int64
             * @description How much of it the mint called spent at the latest look
             */
            claimedAmount: number;
            /**
             * Format: int64
             * @description What came back into the wallet
             */
            reclaimedAmount: number | null;
            lock: {
                /** @description Who may spend it */
                recipientPubkey: string;
                /** @description Who else may after the locktime */
                refundPubkey: string | null;
                /** @description Unix seconds; null where the mint sets no end */
                locktime: number | null;
            } | null;
            timeline: {
                /**
                 * Format: date-time
                 * @description When
                 */
                at: string;
                /**
                 * @description The state that it then had
                 * @enum {string}
                 */
                state: "swapping" | "sent" | "reclaiming" | "claimed" | "partly_claimed" | "reclaimed" | "released" | "cancelled" | "needs_attention" | "written_off";
                /** @description What happened */
                event: string;
            }[];
            /** @description Why it, or a reclaim of it, failed */
            cause?: string;
        };
        Reclaimed: {
            /** @constant */
            success: true;
            /** @description Names the operation */
            transactionId: string;
            /** @description Names a token in the wallet */
            tokenId: string;
            /**
             * Format: int64
             * @description What came back into the wallet
             */
            reclaimedAmount: number;
            /**
             * Format: int64
             * @description What others had taken of it before
             */
            claimedAmount: number;
            /**
             * Format: int64
             * @description The mint’s fee for that
             */
            fee: number;
            /** @description The mint’s address */
            mintUrl: string;
        };
        ReceiveWish: {
            /**
             * Format: cashu-token
             * @description A token, `cashuA…` or `cashuB…`
             */
            encodedToken: string;
            /** @description The owner’s own words, told to the owner alone */
            memo?: string;
            /** @description What the owner’s program calls it; need not be unique */
            externalId?: string;
        };
        Received: {
            /** @constant */
            success: true;
            /** @description Names a token in the wallet */
            tokenId: string;
            /** @description Names the operation */
            transactionId: string;
            /**
             * Format: int64
             * @description What was credited
             */
            totalAmount: number;
            /**
             * Format: int64
             * @description The mint’s fee for the exchange
             */
            fee: number;
            /** @description The mint’s address */
            mintUrl: string;
        };
        MeltQuestion: {
            /**
             * Format: bolt11
             * @description A Lightning invoice (BOLT 11)
             */
            invoice: string;
            /** @description What to pay on an invoice that names no amount, in the wallet’s unit; `max`: as much as the wallet holds, less the fees. With an invoice that names one, the same or nothing */
            amount?: number | "max";
        };
        MeltQuote: {
            /** @constant */
            success: true;
            /** @description Names the quote at its mint */
            quoteId: string;
            /**
             * Format: int64
             * @description What the payee gets
             */
            amount: number;
            /**
             * Format: int64
             * @description The most that Lightning may take
             */
            feeReserve: number;
            /**
             * Format: int64
             * @description What the mint takes for swap and melt
             */
            inputFee: number;
            /**
             * Format: int64
             * @description The most that the payment would take now
             */
            total: number;
            /** @description Unix seconds; null where the mint sets no end */
            expiry: number | null;
        };
        MeltWish: {
            /**
             * Format: bolt11
             * @description A Lightning invoice (BOLT 11)
             */
            invoice: string;
            /** @description What to pay on an invoice that names no amount, in the wallet’s unit; `max`: as much as the wallet holds, less the fees. With an invoice that names one, the same or nothing */
            amount?: number | "max";
            /**
             * Format: int64
             * @description The most that the payment may cost
             */
            maxFee?: number;
            /**
             * Format: int64
             * @description The most that may leave the wallet, fees included
             */
            maxTotal?: number;
            /** @description The owner’s own words, told to the owner alone */
            memo?: string;
            /** @description What the owner’s program calls it; need not be unique */
            externalId?: string;
        };
        MeltPaid: {
            /** @constant */
            success: true;
            /** @description Names the operation */
            transactionId: string;
            /** @description Names the quote at its mint */
            quoteId: string;
            /** @constant */
            paymentResult: "PAID";
            /**
             * Format: int64
             * @description What the payee got
             */
            paidAmount: number;
            /**
             * Format: int64
             * @description All that left the wallet besides; provisional while `changePending`
             */
            feesPaid: number;
            /**
             * Format: int64
             * @description keep_amount + melt_change_amount
             */
            changeAmount: number;
            /** @description Proof of payment, where the mint gave one */
            preimage: string | null;
            /** @description Whether it fits the invoice; if not, the payment stands all the same */
            preimageVerified: boolean;
            /** @description Whether the mint has yet to hand out the Lightning change */
            changePending: boolean;
            atomicResult: {
                /** @constant */
                success: true;
                /** @description Names the operation */
                transaction_id: string;
                /** @description Tokens that the payment was made of */
                source_tokens_spent: number;
                /** @description Names a token in the wallet */
                keep_token_id: string | null;
                /**
                 * Format: int64
                 * @description What the swap put aside
                 */
                keep_amount: number;
                /** @description Names a token in the wallet */
                melt_change_token_id: string | null;
                /**
                 * Format: int64
                 * @description What Lightning did not need
                 */
                melt_change_amount: number;
                operations: {
                    /**
                     * @description Where it came from
                     * @enum {string}
                     */
                    type: "keep_change" | "melt_change";
                    /** @description Names a token in the wallet */
                    token_id: string;
                    /**
                     * Format: int64
                     * @description Its sum
                     */
                    amount: number;
                    /** @description Its proofs */
                    proof_count: number;
                }[];
            } | null;
            /** @description Milliseconds from its beginning to its end, or to now */
            operationDuration: number;
        };
        MeltPending: {
            /** @constant */
            success: true;
            /** @description Names the operation */
            transactionId: string;
            /** @constant */
            paymentResult: "PENDING";
            /** @description Names the quote at its mint */
            quoteId: string;
            /**
             * Format: uri-reference
             * @description Where to ask how it is going on
             */
            statusUrl: string;
        };
        MeltStatus: {
            /** @constant */
            success: true;
            /** @description Names the operation */
            transactionId: string;
            /**
             * @description What it means
             * @enum {string}
             */
            status: "PENDING" | "PAID" | "FAILED" | "NEEDS_ATTENTION";
            /**
             * @description The operation’s own state
             * @enum {string}
             */
            state: "prepared" | "swapping" | "swapped" | "melting" | "pending" | "paid" | "releasing" | "settled" | "released" | "cancelled" | "needs_attention" | "written_off";
            /** @description Names the quote at its mint */
            quoteId: string;
            /** @description Milliseconds from its beginning to its end, or to now */
            operationDuration: number;
            timeline: {
                /**
                 * Format: date-time
                 * @description When
                 */
                at: string;
                /**
                 * @description The state that it then had
                 * @enum {string}
                 */
                state: "prepared" | "swapping" | "swapped" | "melting" | "pending" | "paid" | "releasing" | "settled" | "released" | "cancelled" | "needs_attention" | "written_off";
                /** @description What happened */
                event: string;
            }[];
            /**
             * @description Missing where a person must decide
             * @enum {string}
             */
            paymentResult?: "PENDING" | "PAID" | "FAILED";
            /**
             * Format: int64
             * @description What the payee got
             */
            paidAmount?: number;
            /**
             * Format: int64
             * @description All that left the wallet besides; provisional while `changePending`
             */
            feesPaid?: number;
            /**
             * Format: int64
             * @description keep_amount + melt_change_amount
             */
            changeAmount?: number;
            /** @description Proof of payment, where the mint gave one */
            preimage?: string | null;
            /** @description Whether it fits the invoice; if not, the payment stands all the same */
            preimageVerified?: boolean;
            /** @description Whether the mint has yet to hand out the Lightning change */
            changePending?: boolean;
            atomicResult?: {
                /** @constant */
                success: true;
                /** @description Names the operation */
                transaction_id: string;
                /** @description Tokens that the payment was made of */
                source_tokens_spent: number;
                /** @description Names a token in the wallet */
                keep_token_id: string | null;
                /**
                 * Format: int64
                 * @description What the swap put aside
                 */
                keep_amount: number;
                /** @description Names a token in the wallet */
                melt_change_token_id: string | null;
                /**
                 * Format: int64
                 * @description What Lightning did not need
                 */
                melt_change_amount: number;
                operations: {
                    /**
                     * @description Where it came from
                     * @enum {string}
                     */
                    type: "keep_change" | "melt_change";
                    /** @description Names a token in the wallet */
                    token_id: string;
                    /**
                     * Format: int64
                     * @description Its sum
                     */
                    amount: number;
                    /** @description Its proofs */
                    proof_count: number;
                }[];
            } | null;
            /**
             * Format: int64
             * @description What is back in the wallet
             */
            released?: number;
            /** @description Why it failed, in one word */
            cause?: string;
            /**
             * Format: int64
             * @description What did not come back
             */
            missing?: number;
        };
        Transactions: {
            /** @constant */
            success: true;
            transactions: {
                /** @description Names the operation */
                transactionId: string;
                /**
                 * @description Its kind
                 * @enum {string}
                 */
                type: "mint" | "melt" | "send" | "receive";
                /**
                 * @description What it means; of a mint, `PAID` is credited
                 * @enum {string}
                 */
                status: "PENDING" | "PAID" | "FAILED" | "EXPIRED" | "NEEDS_ATTENTION";
                /**
                 * Format: int64
                 * @description What the payee got, or the wallet; or should have, or shall
                 */
                amount: number;
                /**
                 * Format: int64
                 * @description What left the wallet besides, or did not come back; null while nobody knows
                 */
                fee: number | null;
                /**
                 * Format: date-time
                 * @description When it began
                 */
                createdAt: string;
                /**
                 * Format: date-time
                 * @description When it was last written
                 */
                updatedAt: string;
                /** @description The owner’s own words, told to the owner alone */
                memo: string | null;
                /** @description What the owner’s program calls it; need not be unique */
                externalId: string | null;
            }[];
            pagination: {
                /** @description How many are told at most */
                limit: number;
                /**
                 * Format: cursor
                 * @description Goes on behind the last entry of a page; of no form that a client should know
                 */
                nextCursor: string | null;
                /** @description Whether there are older ones */
                hasMore: boolean;
            };
        };
        Transaction: {
            /** @constant */
            success: true;
            /** @description Names the operation */
            transactionId: string;
            /**
             * @description Its kind
             * @enum {string}
             */
            type: "mint" | "melt" | "send" | "receive";
            /**
             * @description What it means; of a mint, `PAID` is credited
             * @enum {string}
             */
            status: "PENDING" | "PAID" | "FAILED" | "EXPIRED" | "NEEDS_ATTENTION";
            /**
             * Format: int64
             * @description What the payee got, or the wallet; or should have, or shall
             */
            amount: number;
            /**
             * Format: int64
             * @description What left the wallet besides, or did not come back; null while nobody knows
             */
            fee: number | null;
            /**
             * Format: date-time
             * @description When it began
             */
            createdAt: string;
            /**
             * Format: date-time
             * @description When it was last written
             */
            updatedAt: string;
            /** @description The owner’s own words, told to the owner alone */
            memo: string | null;
            /** @description What the owner’s program calls it; need not be unique */
            externalId: string | null;
            /**
             * @description The operation’s own state
             * @enum {string}
             */
            state: "prepared" | "swapping" | "swapped" | "melting" | "pending" | "paid" | "releasing" | "settled" | "released" | "cancelled" | "needs_attention" | "written_off" | "awaiting_payment" | "issuing" | "issued" | "expired" | "sent" | "reclaiming" | "claimed" | "partly_claimed" | "reclaimed" | "redeeming" | "received" | "refused";
            timeline: {
                /**
                 * Format: date-time
                 * @description When
                 */
                at: string;
                /**
                 * @description The state that it then had
                 * @enum {string}
                 */
                state: "prepared" | "swapping" | "swapped" | "melting" | "pending" | "paid" | "releasing" | "settled" | "released" | "cancelled" | "needs_attention" | "written_off" | "awaiting_payment" | "issuing" | "issued" | "expired" | "sent" | "reclaiming" | "claimed" | "partly_claimed" | "reclaimed" | "redeeming" | "received" | "refused";
                /** @description What happened */
                event: string;
            }[];
        };
        ProofsStatus: {
            /** @constant */
            success: true;
            /** @description Proofs of the wallet that were compared */
            totalProofs: number;
            /** @description Those that the mint calls unspent */
            unspentCount: number;
            /** @description Those that it holds in a payment */
            pendingCount: number;
            /** @description Those that it calls spent */
            spentCount: number;
            /** @description A line for each token and type, the gravest first, 1,000 at most */
            discrepancies: {
                /**
                 * @description How books and mint differ
                 * @enum {string}
                 */
                type: "DB_UNSPENT_MINT_SPENT" | "DB_SPENT_MINT_UNSPENT" | "DB_PENDING_MINT_SPENT" | "PROOF_NOT_IN_DB" | "DB_UNSPENT_MINT_PENDING";
                /**
                 * @description How bad it is
                 * @enum {string}
                 */
                severity: "HIGH" | "MEDIUM" | "LOW";
                /** @description Names a token in the wallet */
                tokenId: string | null;
                /** @description Whose output it is, where no token has it */
                transactionId: string | null;
                /**
                 * Format: int64
                 * @description The sum of the proofs; 0 where only the mint knows it
                 */
                amount: number;
                /** @description How many proofs */
                proofCount: number;
            }[];
            severityCounts: {
                /** @description Lines of this severity */
                HIGH: number;
                /** @description Lines of this severity */
                MEDIUM: number;
                /** @description Lines of this severity */
                LOW: number;
            };
            /** @description Whether nothing differed of what was compared */
            consistent: boolean;
            /** @description Whether anything is HIGH */
            hasHighSeverity: boolean;
            /** @description Whether all was compared that the books believe good; if not, 10,000 proofs were enough */
            complete: boolean;
            /**
             * Format: date-time
             * @description When it was compared
             */
            timestamp: string;
        };
        ReconcileWish: {
            /** @description Whether to list only what would be done */
            dryRun?: boolean;
        };
        Reconciliation: {
            /** @constant */
            success: true;
            /** @description Proofs of the wallet that were compared */
            totalProofs: number;
            /** @description Those that the mint calls unspent */
            unspentCount: number;
            /** @description Those that it holds in a payment */
            pendingCount: number;
            /** @description Those that it calls spent */
            spentCount: number;
            /** @description A line for each token and type, the gravest first, 1,000 at most */
            discrepancies: {
                /**
                 * @description How books and mint differ
                 * @enum {string}
                 */
                type: "DB_UNSPENT_MINT_SPENT" | "DB_SPENT_MINT_UNSPENT" | "DB_PENDING_MINT_SPENT" | "PROOF_NOT_IN_DB" | "DB_UNSPENT_MINT_PENDING";
                /**
                 * @description How bad it is
                 * @enum {string}
                 */
                severity: "HIGH" | "MEDIUM" | "LOW";
                /** @description Names a token in the wallet */
                tokenId: string | null;
                /** @description Whose output it is, where no token has it */
                transactionId: string | null;
                /**
                 * Format: int64
                 * @description The sum of the proofs; 0 where only the mint knows it
                 */
                amount: number;
                /** @description How many proofs */
                proofCount: number;
            }[];
            severityCounts: {
                /** @description Lines of this severity */
                HIGH: number;
                /** @description Lines of this severity */
                MEDIUM: number;
                /** @description Lines of this severity */
                LOW: number;
            };
            /** @description Whether nothing differed of what was compared */
            consistent: boolean;
            /** @description Whether anything is HIGH */
            hasHighSeverity: boolean;
            /** @description Whether all was compared that the books believe good; if not, 10,000 proofs were enough */
            complete: boolean;
            /**
             * Format: date-time
             * @description When it was compared
             */
            timestamp: string;
            /** @description Whether nothing was to be changed */
            dryRun: boolean;
            actions: {
                /** @constant */
                action: "mark_spent";
                /**
                 * @description How books and mint differ
                 * @enum {string}
                 */
                type: "DB_UNSPENT_MINT_SPENT" | "DB_SPENT_MINT_UNSPENT" | "DB_PENDING_MINT_SPENT" | "PROOF_NOT_IN_DB" | "DB_UNSPENT_MINT_PENDING";
                /** @description Names a token in the wallet */
                tokenId: string;
                /**
                 * Format: int64
                 * @description The sum of the proofs; 0 where only the mint knows it
                 */
                amount: number;
                /** @description How many proofs */
                proofCount: number;
                /** @description Whether it was done; not in a dry run, nor where the token had just changed */
                done: boolean;
            }[];
        };
        Restored: {
            /** @constant */
            success: true;
            /**
             * Format: int64
             * @description What was found by the seed and credited
             */
            restoredAmount: number;
            /** @description In how many proofs */
            restoredProofs: number;
            /** @description Whether the mint still holds ecash in payments; what comes of it is credited by itself */
            watching: boolean;
        };
        Restoring: {
            /** @constant */
            success: true;
            /** @constant */
            status: "RUNNING";
            /**
             * Format: uri-reference
             * @description Where to ask how it is going on
             */
            statusUrl: string;
        };
        LastRestore: {
            /** @constant */
            success: true;
            /**
             * @description NONE: the wallet was never restored
             * @enum {string}
             */
            status: "NONE" | "RUNNING" | "WATCHING" | "DONE";
            /**
             * Format: int64
             * @description What was found by the seed and credited
             */
            restoredAmount: number;
            /** @description In how many proofs */
            restoredProofs: number;
            /**
             * Format: date-time
             * @description When it began
             */
            startedAt: string | null;
            /**
             * Format: date-time
             * @description When it was over
             */
            endedAt: string | null;
        };
        Reports: {
            /** @constant */
            success: true;
            reports: {
                /** @description Names the stored report */
                supportId: string;
                /**
                 * Format: date-time
                 * @description When it was met first
                 */
                at: string;
                /**
                 * Format: date-time
                 * @description When it was met last
                 */
                lastAt: string;
                /** @description How often */
                count: number;
                /**
                 * @description How bad it is
                 * @enum {string}
                 */
                severity: "CRITICAL" | "HIGH" | "MEDIUM" | "LOW";
                /** @description What kind of incident */
                code: string;
                /**
                 * @description Whether it is still so
                 * @enum {string}
                 */
                status: "open" | "resolved" | "closed";
                /**
                 * Format: npub
                 * @description Whose wallet it is about
                 */
                npub: string | null;
                /** @description Names the operation */
                transactionId: string | null;
                /** @description Names the quote at its mint */
                quoteId: string | null;
                /** @description What happened */
                summary: string;
            }[];
            pagination: {
                /** @description How many are told at most */
                limit: number;
                /**
                 * Format: report-cursor
                 * @description Goes on behind the last entry of a page; of no form that a client should know
                 */
                nextCursor: string | null;
                /** @description Whether there are others */
                hasMore: boolean;
            };
        };
        Report: {
            /** @constant */
            success: true;
            /** @description Names the stored report */
            supportId: string;
            /**
             * Format: date-time
             * @description When it was met first
             */
            at: string;
            /**
             * Format: date-time
             * @description When it was met last
             */
            lastAt: string;
            /** @description How often */
            count: number;
            /**
             * @description How bad it is
             * @enum {string}
             */
            severity: "CRITICAL" | "HIGH" | "MEDIUM" | "LOW";
            /** @description What kind of incident */
            code: string;
            /**
             * @description Whether it is still so
             * @enum {string}
             */
            status: "open" | "resolved" | "closed";
            /**
             * Format: npub
             * @description Whose wallet it is about
             */
            npub: string | null;
            /** @description Names the operation */
            transactionId: string | null;
            /** @description Names the quote at its mint */
            quoteId: string | null;
            /** @description What happened */
            summary: string;
            /** @description Names one wallet of an npub */
            walletId: string | null;
            otherIds: string[];
            /** @description For the customer’s money */
            whatItMeans: string;
            /** @description By itself */
            whatTheServerDoes: string;
            /** @description For a person */
            whatToDo: string;
            mintBackend: {
                /**
                 * @description What the mint’s words tell of its backend
                 * @enum {string}
                 */
                trouble: "payment_met_before" | "funds_locked" | "session_lost" | "provider_failing" | "leaf_not_verified";
                /**
                 * Format: date-time
                 * @description When it said so last
                 */
                toldAt: string;
                /** @description What that means */
                cause: string;
                /** @description For customers */
                customerImpact: string;
                /** @description How long to wait before anything new */
                retryAfterSeconds: number;
                /** @description For a person */
                nextStep: string;
            } | null;
            /**
             * Format: date-time
             * @description When it was over
             */
            closedAt: string | null;
            /** @description Why it is over */
            closedHow: string | null;
            /** @description Who has called it resolved, when and why; the latest last */
            resolutions: {
                /**
                 * Format: date-time
                 * @description When
                 */
                at: string;
                /** @description By whose key */
                keyId: string;
                /** @description What that key was called */
                label: string;
                /** @description Why */
                note: string;
            }[];
            /** @description The latest twenty */
            requestIds: string[];
            /** @description What else was noted, by its kind */
            details: Record<string, never>;
            operation: {
                /** @description Names the operation */
                transactionId: string;
                /**
                 * @description Its kind
                 * @enum {string}
                 */
                kind: "melt" | "minting" | "send" | "receive" | "upkeep";
                /**
                 * @description What its owner is told; null of upkeep
                 * @enum {string|null}
                 */
                status: "PENDING" | "PAID" | "FAILED" | "EXPIRED" | "NEEDS_ATTENTION" | null;
                /** @description Its own state */
                state: string;
                /** @description Now, in plain words */
                whereTheMoneyIs: string;
                /**
                 * Format: npub
                 * @description The wallet’s owner, as NIP-19 spells a Nostr public key
                 */
                npub: string;
                /** @description Names one wallet of an npub */
                walletId: string;
                /** @description The mint’s address */
                mintUrl: string;
                /**
                 * Format: date-time
                 * @description When it began
                 */
                createdAt: string;
                timeline: {
                    /**
                     * Format: date-time
                     * @description When
                     */
                    at: string;
                    /** @description The state that it then had */
                    state: string;
                    /** @description What happened */
                    event: string;
                }[];
            } | null;
        };
        ResolveWish: {
            /** @description Why, for whoever reads it later */
            note: string;
        };
        Resolved: {
            /** @constant */
            success: true;
            /** @description Names the stored report */
            supportId: string;
            /**
             * @description What it is now
             * @enum {string}
             */
            status: "resolved" | "closed" | "open";
            /** @description Whether somebody had done so before; then that is told, and nothing was written */
            alreadyResolved: boolean;
            resolution: {
                /**
                 * Format: date-time
                 * @description When
                 */
                at: string;
                /** @description By whose key */
                keyId: string;
                /** @description What that key was called */
                label: string;
                /** @description Why */
                note: string;
            };
        };
        Rechecked: {
            /** @constant */
            success: true;
            /**
             * @description What came of it; only with the first two was the mint asked
             * @enum {string}
             */
            outcome: "LOOKED_AT" | "STILL_ASKING" | "BUSY" | "ENDED_BEFORE" | "NEEDS_DECISION" | "MINT_NOT_CONFIGURED";
            /** @description How long ago its mint was last heard; null = not yet */
            mintAnsweredMsAgo: number | null;
            /** @description Names the operation */
            transactionId: string;
            /**
             * @description Its kind
             * @enum {string}
             */
            kind: "melt" | "minting" | "send" | "receive" | "upkeep";
            /**
             * @description What its owner is told; null of upkeep
             * @enum {string|null}
             */
            status: "PENDING" | "PAID" | "FAILED" | "EXPIRED" | "NEEDS_ATTENTION" | null;
            /** @description Its own state */
            state: string;
            /** @description Now, in plain words */
            whereTheMoneyIs: string;
            /**
             * Format: npub
             * @description The wallet’s owner, as NIP-19 spells a Nostr public key
             */
            npub: string;
            /** @description Names one wallet of an npub */
            walletId: string;
            /** @description The mint’s address */
            mintUrl: string;
            /**
             * Format: date-time
             * @description When it began
             */
            createdAt: string;
            timeline: {
                /**
                 * Format: date-time
                 * @description When
                 */
                at: string;
                /** @description The state that it then had */
                state: string;
                /** @description What happened */
                event: string;
            }[];
        };
        DecideWish: {
            /**
             * @description Take its ecash back, or give it up
             * @enum {string}
             */
            decision: "fence" | "write_off";
            /** @description Why, for whoever reads it later */
            note: string;
            /** @description The state in which you have seen it: if it has moved on since, nothing is decided */
            state?: string;
        };
        Decided: {
            /** @constant */
            success: true;
            /**
             * @description Take its ecash back, or give it up
             * @enum {string}
             */
            decision: "fence" | "write_off";
            /**
             * @description Whether it was decided now, or so before
             * @enum {string}
             */
            outcome: "DECIDED" | "DECIDED_BEFORE";
            /**
             * @description What came of looking at it at once; null where there was nothing to look at
             * @enum {string|null}
             */
            rechecked: "LOOKED_AT" | "STILL_ASKING" | "BUSY" | "ENDED_BEFORE" | "NEEDS_DECISION" | "MINT_NOT_CONFIGURED" | null;
            /** @description How long ago its mint was last heard; null = not yet */
            mintAnsweredMsAgo: number | null;
            /** @description Names the operation */
            transactionId: string;
            /**
             * @description Its kind
             * @enum {string}
             */
            kind: "melt" | "minting" | "send" | "receive" | "upkeep";
            /**
             * @description What its owner is told; null of upkeep
             * @enum {string|null}
             */
            status: "PENDING" | "PAID" | "FAILED" | "EXPIRED" | "NEEDS_ATTENTION" | null;
            /** @description Its own state */
            state: string;
            /** @description Now, in plain words */
            whereTheMoneyIs: string;
            /**
             * Format: npub
             * @description The wallet’s owner, as NIP-19 spells a Nostr public key
             */
            npub: string;
            /** @description Names one wallet of an npub */
            walletId: string;
            /** @description The mint’s address */
            mintUrl: string;
            /**
             * Format: date-time
             * @description When it began
             */
            createdAt: string;
            timeline: {
                /**
                 * Format: date-time
                 * @description When
                 */
                at: string;
                /** @description The state that it then had */
                state: string;
                /** @description What happened */
                event: string;
            }[];
        };
        /** @description Body, path or header of another shape; at most twenty of its mistakes are named */
        VALIDATION_ERROR: {
            /** @constant */
            type: "urn:crucible:problem:validation-error";
            /** @constant */
            title: "Invalid request";
            /** @description What happened, whether money moved, and what to do */
            detail: string;
            /** @description Names the request */
            instance: string;
            /** @description The title; for older clients, where a melt failed: Failed to melt tokens */
            error: string;
            /** @description The same as detail */
            message: string;
            /** @constant */
            code: "VALIDATION_ERROR";
            /** @description Whether the same request may succeed later */
            retryable: boolean;
            /** @constant */
            status: 400;
            /** @constant */
            severity: "LOW";
            details: {
                /** @description Which */
                field: string;
                /** @description What is wrong with it */
                message: string;
            }[];
        };
        /** @description The invoice does not decode, or its checksum is wrong */
        INVALID_INVOICE: {
            /** @constant */
            type: "urn:crucible:problem:invalid-invoice";
            /** @constant */
            title: "Invalid invoice";
            /** @description What happened, whether money moved, and what to do */
            detail: string;
            /** @description Names the request */
            instance: string;
            /** @description The title; for older clients, where a melt failed: Failed to melt tokens */
            error: string;
            /** @description The same as detail */
            message: string;
            /** @constant */
            code: "INVALID_INVOICE";
            /** @description Whether the same request may succeed later */
            retryable: boolean;
            /** @constant */
            status: 400;
            /** @constant */
            severity: "LOW";
        };
        /** @description The invoice has expired */
        INVOICE_EXPIRED: {
            /** @constant */
            type: "urn:crucible:problem:invoice-expired";
            /** @constant */
            title: "Invoice expired";
            /** @description What happened, whether money moved, and what to do */
            detail: string;
            /** @description Names the request */
            instance: string;
            /** @description The title; for older clients, where a melt failed: Failed to melt tokens */
            error: string;
            /** @description The same as detail */
            message: string;
            /** @constant */
            code: "INVOICE_EXPIRED";
            /** @description Whether the same request may succeed later */
            retryable: boolean;
            /** @constant */
            status: 400;
            /** @constant */
            severity: "LOW";
        };
        /** @description The invoice names no amount, and none was sent, or the mint takes it from invoices alone, as all do in another unit than sat and msat */
        AMOUNT_REQUIRED: {
            /** @constant */
            type: "urn:crucible:problem:amount-required";
            /** @constant */
            title: "Invoice without an amount";
            /** @description What happened, whether money moved, and what to do */
            detail: string;
            /** @description Names the request */
            instance: string;
            /** @description The title; for older clients, where a melt failed: Failed to melt tokens */
            error: string;
            /** @description The same as detail */
            message: string;
            /** @constant */
            code: "AMOUNT_REQUIRED";
            /** @description Whether the same request may succeed later */
            retryable: boolean;
            /** @constant */
            status: 400;
            /** @constant */
            severity: "LOW";
        };
        /** @description The invoice is for another network */
        UNSUPPORTED_NETWORK: {
            /** @constant */
            type: "urn:crucible:problem:unsupported-network";
            /** @constant */
            title: "Invoice of another network";
            /** @description What happened, whether money moved, and what to do */
            detail: string;
            /** @description Names the request */
            instance: string;
            /** @description The title; for older clients, where a melt failed: Failed to melt tokens */
            error: string;
            /** @description The same as detail */
            message: string;
            /** @constant */
            code: "UNSUPPORTED_NETWORK";
            /** @description Whether the same request may succeed later */
            retryable: boolean;
            /** @constant */
            status: 400;
            /** @constant */
            severity: "LOW";
        };
        /** @description The wallet does not hold enough */
        INSUFFICIENT_BALANCE: {
            /** @constant */
            type: "urn:crucible:problem:insufficient-balance";
            /** @constant */
            title: "Insufficient balance";
            /** @description What happened, whether money moved, and what to do */
            detail: string;
            /** @description Names the request */
            instance: string;
            /** @description The title; for older clients, where a melt failed: Failed to melt tokens */
            error: string;
            /** @description The same as detail */
            message: string;
            /** @constant */
            code: "INSUFFICIENT_BALANCE";
            /** @description Whether the same request may succeed later */
            retryable: boolean;
            /** @constant */
            status: 400;
            /** @constant */
            severity: "LOW";
            /**
             * Format: int64
             * @description With fees
             */
            required: number;
            /**
             * Format: int64
             * @description Spendable
             */
            available: number;
        };
        /** @description The cost could be more than `maxFee`, or more than the server allows; or with the amount more than `maxTotal`, and then both are told */
        FEE_TOO_HIGH: {
            /** @constant */
            type: "urn:crucible:problem:fee-too-high";
            /** @constant */
            title: "Fee too high";
            /** @description What happened, whether money moved, and what to do */
            detail: string;
            /** @description Names the request */
            instance: string;
            /** @description The title; for older clients, where a melt failed: Failed to melt tokens */
            error: string;
            /** @description The same as detail */
            message: string;
            /** @constant */
            code: "FEE_TOO_HIGH";
            /** @description Whether the same request may succeed later */
            retryable: boolean;
            /** @constant */
            status: 400;
            /** @constant */
            severity: "LOW";
            /**
             * Format: int64
             * @description What it may cost
             */
            fee: number;
            /**
             * Format: int64
             * @description What it may cost at most
             */
            limit: number;
            /**
             * Format: int64
             * @description What may leave the wallet
             */
            total?: number;
            /**
             * Format: int64
             * @description What may leave it at most
             */
            maxTotal?: number;
        };
        /** @description The mint says that ecash of the wallet is spent; it is now marked so, and nothing was paid */
        PROOF_STATE_INCONSISTENCY: {
            /** @constant */
            type: "urn:crucible:problem:proof-state-inconsistency";
            /** @constant */
            title: "Proof state validation failed";
            /** @description What happened, whether money moved, and what to do */
            detail: string;
            /** @description Names the request */
            instance: string;
            /** @description The title; for older clients, where a melt failed: Failed to melt tokens */
            error: string;
            /** @description The same as detail */
            message: string;
            /** @constant */
            code: "PROOF_STATE_INCONSISTENCY";
            /** @description Whether the same request may succeed later */
            retryable: boolean;
            /** @constant */
            status: 400;
            /** @constant */
            severity: "CRITICAL";
            /** @description Names the stored report */
            supportId: string;
            cause: {
                /** @constant */
                code: "HIGH_SEVERITY_DISCREPANCIES";
                /** @constant */
                severity: "HIGH";
            };
            discrepancies: {
                /**
                 * @description How the books differ
                 * @enum {string}
                 */
                type: "DB_UNSPENT_MINT_SPENT" | "DB_SPENT_MINT_UNSPENT" | "DB_PENDING_MINT_SPENT" | "PROOF_NOT_IN_DB" | "DB_UNSPENT_MINT_PENDING";
                /**
                 * @description How much it matters
                 * @enum {string}
                 */
                severity: "HIGH" | "MEDIUM" | "LOW";
                /** @description Names a token in the wallet */
                tokenId: string | null;
                /**
                 * Format: int64
                 * @description Over how much
                 */
                amount: number;
            }[];
        };
        /** @description No credentials, wrong ones, or such as have expired, were revoked or were used before */
        UNAUTHENTICATED: {
            /** @constant */
            type: "urn:crucible:problem:unauthenticated";
            /** @constant */
            title: "Authentication required";
            /** @description What happened, whether money moved, and what to do */
            detail: string;
            /** @description Names the request */
            instance: string;
            /** @description The title; for older clients, where a melt failed: Failed to melt tokens */
            error: string;
            /** @description The same as detail */
            message: string;
            /** @constant */
            code: "UNAUTHENTICATED";
            /** @description Whether the same request may succeed later */
            retryable: boolean;
            /** @constant */
            status: 401;
            /** @constant */
            severity: "LOW";
        };
        /** @description The credentials are for another wallet, or lack a scope; or the key has a budget, and the wallet counts in what only its mint can price */
        FORBIDDEN: {
            /** @constant */
            type: "urn:crucible:problem:forbidden";
            /** @constant */
            title: "Not allowed";
            /** @description What happened, whether money moved, and what to do */
            detail: string;
            /** @description Names the request */
            instance: string;
            /** @description The title; for older clients, where a melt failed: Failed to melt tokens */
            error: string;
            /** @description The same as detail */
            message: string;
            /** @constant */
            code: "FORBIDDEN";
            /** @description Whether the same request may succeed later */
            retryable: boolean;
            /** @constant */
            status: 403;
            /** @constant */
            severity: "LOW";
        };
        /** @description The key’s budget for the day does not cover the payment; all three in sat */
        BUDGET_EXCEEDED: {
            /** @constant */
            type: "urn:crucible:problem:budget-exceeded";
            /** @constant */
            title: "Daily budget exceeded";
            /** @description What happened, whether money moved, and what to do */
            detail: string;
            /** @description Names the request */
            instance: string;
            /** @description The title; for older clients, where a melt failed: Failed to melt tokens */
            error: string;
            /** @description The same as detail */
            message: string;
            /** @constant */
            code: "BUDGET_EXCEEDED";
            /** @description Whether the same request may succeed later */
            retryable: boolean;
            /** @constant */
            status: 403;
            /** @constant */
            severity: "LOW";
            /**
             * Format: int64
             * @description For a day
             */
            budget: number;
            /**
             * Format: int64
             * @description Of it, reserved included
             */
            spentToday: number;
            /**
             * Format: int64
             * @description By this payment
             */
            required: number;
        };
        /** @description There is no such address */
        NOT_FOUND: {
            /** @constant */
            type: "urn:crucible:problem:not-found";
            /** @constant */
            title: "Not found";
            /** @description What happened, whether money moved, and what to do */
            detail: string;
            /** @description Names the request */
            instance: string;
            /** @description The title; for older clients, where a melt failed: Failed to melt tokens */
            error: string;
            /** @description The same as detail */
            message: string;
            /** @constant */
            code: "NOT_FOUND";
            /** @description Whether the same request may succeed later */
            retryable: boolean;
            /** @constant */
            status: 404;
            /** @constant */
            severity: "LOW";
        };
        /** @description The address does not take this method; `Allow` names those that it takes */
        METHOD_NOT_ALLOWED: {
            /** @constant */
            type: "urn:crucible:problem:method-not-allowed";
            /** @constant */
            title: "Method not allowed";
            /** @description What happened, whether money moved, and what to do */
            detail: string;
            /** @description Names the request */
            instance: string;
            /** @description The title; for older clients, where a melt failed: Failed to melt tokens */
            error: string;
            /** @description The same as detail */
            message: string;
            /** @constant */
            code: "METHOD_NOT_ALLOWED";
            /** @description Whether the same request may succeed later */
            retryable: boolean;
            /** @constant */
            status: 405;
            /** @constant */
            severity: "LOW";
        };
        /** @description The npub has no wallet here, or none with this walletId */
        WALLET_NOT_FOUND: {
            /** @constant */
            type: "urn:crucible:problem:wallet-not-found";
            /** @constant */
            title: "Wallet not found";
            /** @description What happened, whether money moved, and what to do */
            detail: string;
            /** @description Names the request */
            instance: string;
            /** @description The title; for older clients, where a melt failed: Failed to melt tokens */
            error: string;
            /** @description The same as detail */
            message: string;
            /** @constant */
            code: "WALLET_NOT_FOUND";
            /** @description Whether the same request may succeed later */
            retryable: boolean;
            /** @constant */
            status: 404;
            /** @constant */
            severity: "LOW";
        };
        /** @description The wallet has no transaction, or no melt, of that id */
        TRANSACTION_NOT_FOUND: {
            /** @constant */
            type: "urn:crucible:problem:transaction-not-found";
            /** @constant */
            title: "Transaction not found";
            /** @description What happened, whether money moved, and what to do */
            detail: string;
            /** @description Names the request */
            instance: string;
            /** @description The title; for older clients, where a melt failed: Failed to melt tokens */
            error: string;
            /** @description The same as detail */
            message: string;
            /** @constant */
            code: "TRANSACTION_NOT_FOUND";
            /** @description Whether the same request may succeed later */
            retryable: boolean;
            /** @constant */
            status: 404;
            /** @constant */
            severity: "LOW";
        };
        /** @description The wallet has no mint quote of that id */
        QUOTE_NOT_FOUND: {
            /** @constant */
            type: "urn:crucible:problem:quote-not-found";
            /** @constant */
            title: "Quote not found";
            /** @description What happened, whether money moved, and what to do */
            detail: string;
            /** @description Names the request */
            instance: string;
            /** @description The title; for older clients, where a melt failed: Failed to melt tokens */
            error: string;
            /** @description The same as detail */
            message: string;
            /** @constant */
            code: "QUOTE_NOT_FOUND";
            /** @description Whether the same request may succeed later */
            retryable: boolean;
            /** @constant */
            status: 404;
            /** @constant */
            severity: "LOW";
        };
        /** @description There is no report of that id */
        REPORT_NOT_FOUND: {
            /** @constant */
            type: "urn:crucible:problem:report-not-found";
            /** @constant */
            title: "Report not found";
            /** @description What happened, whether money moved, and what to do */
            detail: string;
            /** @description Names the request */
            instance: string;
            /** @description The title; for older clients, where a melt failed: Failed to melt tokens */
            error: string;
            /** @description The same as detail */
            message: string;
            /** @constant */
            code: "REPORT_NOT_FOUND";
            /** @description Whether the same request may succeed later */
            retryable: boolean;
            /** @constant */
            status: 404;
            /** @constant */
            severity: "LOW";
        };
        /** @description The operation has ended, moves on by itself, or cannot be decided about in this way */
        DECISION_NOT_POSSIBLE: {
            /** @constant */
            type: "urn:crucible:problem:decision-not-possible";
            /** @constant */
            title: "Not to be decided so";
            /** @description What happened, whether money moved, and what to do */
            detail: string;
            /** @description Names the request */
            instance: string;
            /** @description The title; for older clients, where a melt failed: Failed to melt tokens */
            error: string;
            /** @description The same as detail */
            message: string;
            /** @constant */
            code: "DECISION_NOT_POSSIBLE";
            /** @description Whether the same request may succeed later */
            retryable: boolean;
            /** @constant */
            status: 409;
            /** @constant */
            severity: "LOW";
            /** @description Names the operation */
            transactionId: string;
            /** @description The operation’s own state */
            state: string;
        };
        /** @description The body has more than 64 KiB */
        PAYLOAD_TOO_LARGE: {
            /** @constant */
            type: "urn:crucible:problem:payload-too-large";
            /** @constant */
            title: "Body too large";
            /** @description What happened, whether money moved, and what to do */
            detail: string;
            /** @description Names the request */
            instance: string;
            /** @description The title; for older clients, where a melt failed: Failed to melt tokens */
            error: string;
            /** @description The same as detail */
            message: string;
            /** @constant */
            code: "PAYLOAD_TOO_LARGE";
            /** @description Whether the same request may succeed later */
            retryable: boolean;
            /** @constant */
            status: 413;
            /** @constant */
            severity: "LOW";
        };
        /** @description The body is not JSON, not in UTF-8, or compressed */
        UNSUPPORTED_MEDIA_TYPE: {
            /** @constant */
            type: "urn:crucible:problem:unsupported-media-type";
            /** @constant */
            title: "Unsupported media type";
            /** @description What happened, whether money moved, and what to do */
            detail: string;
            /** @description Names the request */
            instance: string;
            /** @description The title; for older clients, where a melt failed: Failed to melt tokens */
            error: string;
            /** @description The same as detail */
            message: string;
            /** @constant */
            code: "UNSUPPORTED_MEDIA_TYPE";
            /** @description Whether the same request may succeed later */
            retryable: boolean;
            /** @constant */
            status: 415;
            /** @constant */
            severity: "LOW";
        };
        /** @description The wallet’s books are being corrected, or recovered after the restore of a backup */
        MELT_BLOCKED_BY_RECONCILIATION: {
            /** @constant */
            type: "urn:crucible:problem:melt-blocked-by-reconciliation";
            /** @constant */
            title: "Correction under way";
            /** @description What happened, whether money moved, and what to do */
            detail: string;
            /** @description Names the request */
            instance: string;
            /** @description The title; for older clients, where a melt failed: Failed to melt tokens */
            error: string;
            /** @description The same as detail */
            message: string;
            /** @constant */
            code: "MELT_BLOCKED_BY_RECONCILIATION";
            /** @description Whether the same request may succeed later */
            retryable: boolean;
            /** @constant */
            status: 409;
            /** @constant */
            severity: "HIGH";
            /** @description Names the stored report */
            supportId: string;
            /** @description Names the operation */
            transactionId?: string;
            /** @description The same as Retry-After */
            retryAfterSeconds?: number;
        };
        /** @description This wallet is paying, or has paid, this invoice */
        DUPLICATE_PAYMENT: {
            /** @constant */
            type: "urn:crucible:problem:duplicate-payment";
            /** @constant */
            title: "Invoice already being paid or paid";
            /** @description What happened, whether money moved, and what to do */
            detail: string;
            /** @description Names the request */
            instance: string;
            /** @description The title; for older clients, where a melt failed: Failed to melt tokens */
            error: string;
            /** @description The same as detail */
            message: string;
            /** @constant */
            code: "DUPLICATE_PAYMENT";
            /** @description Whether the same request may succeed later */
            retryable: boolean;
            /** @constant */
            status: 409;
            /** @constant */
            severity: "MEDIUM";
            /** @description Names the operation */
            transactionId: string;
        };
        /** @description Enough is there, but reserved by operations in flight; or too many of them are open */
        CONCURRENT_OPERATION: {
            /** @constant */
            type: "urn:crucible:problem:concurrent-operation";
            /** @constant */
            title: "Balance reserved by another operation";
            /** @description What happened, whether money moved, and what to do */
            detail: string;
            /** @description Names the request */
            instance: string;
            /** @description The title; for older clients, where a melt failed: Failed to melt tokens */
            error: string;
            /** @description The same as detail */
            message: string;
            /** @constant */
            code: "CONCURRENT_OPERATION";
            /** @description Whether the same request may succeed later */
            retryable: boolean;
            /** @constant */
            status: 409;
            /** @constant */
            severity: "LOW";
        };
        /** @description The first request with this Idempotency-Key is still running */
        IDEMPOTENCY_CONFLICT: {
            /** @constant */
            type: "urn:crucible:problem:idempotency-conflict";
            /** @constant */
            title: "Request already running";
            /** @description What happened, whether money moved, and what to do */
            detail: string;
            /** @description Names the request */
            instance: string;
            /** @description The title; for older clients, where a melt failed: Failed to melt tokens */
            error: string;
            /** @description The same as detail */
            message: string;
            /** @constant */
            code: "IDEMPOTENCY_CONFLICT";
            /** @description Whether the same request may succeed later */
            retryable: boolean;
            /** @constant */
            status: 409;
            /** @constant */
            severity: "LOW";
        };
        /** @description The Idempotency-Key was used for another body */
        IDEMPOTENCY_KEY_REUSED: {
            /** @constant */
            type: "urn:crucible:problem:idempotency-key-reused";
            /** @constant */
            title: "Idempotency key used for another request";
            /** @description What happened, whether money moved, and what to do */
            detail: string;
            /** @description Names the request */
            instance: string;
            /** @description The title; for older clients, where a melt failed: Failed to melt tokens */
            error: string;
            /** @description The same as detail */
            message: string;
            /** @constant */
            code: "IDEMPOTENCY_KEY_REUSED";
            /** @description Whether the same request may succeed later */
            retryable: boolean;
            /** @constant */
            status: 422;
            /** @constant */
            severity: "LOW";
        };
        /** @description Not paid, and what was reserved for it can never pay it; it is back in the wallet */
        PAYMENT_FAILED: {
            /** @constant */
            type: "urn:crucible:problem:payment-failed";
            /** @constant */
            title: "Failed to melt tokens";
            /** @description What happened, whether money moved, and what to do */
            detail: string;
            /** @description Names the request */
            instance: string;
            /** @description The title; for older clients, where a melt failed: Failed to melt tokens */
            error: string;
            /** @description The same as detail */
            message: string;
            /** @constant */
            code: "PAYMENT_FAILED";
            /** @description Whether the same request may succeed later */
            retryable: boolean;
            /** @constant */
            status: 422;
            /** @constant */
            severity: "MEDIUM";
            /**
             * Format: int64
             * @description What is back in the wallet
             */
            released: number;
            /**
             * @description Why
             * @enum {string}
             */
            cause: "INVOICE_ALREADY_PAID" | "PAYMENT_UNDER_WAY" | "NO_ROUTE" | "LIGHTNING_PAYMENT_FAILED" | "EXPIRED" | "AMOUNT_OUT_OF_RANGE" | "KEYSET_RETIRED" | "MINT_REFUSED" | "NOT_STARTED" | "NOT_EXECUTED" | "WRITTEN_OFF";
            /** @description The mint’s own words */
            causeDetail?: string;
            /** @description Names the operation */
            transactionId?: string;
            /** @description Names the quote at its mint */
            quoteId?: string;
        };
        /** @description The token is none, is of another mint or unit, has signatures that are not its mint’s, or is not worth its fee */
        TOKEN_INVALID: {
            /** @constant */
            type: "urn:crucible:problem:token-invalid";
            /** @constant */
            title: "Token cannot be received";
            /** @description What happened, whether money moved, and what to do */
            detail: string;
            /** @description Names the request */
            instance: string;
            /** @description The title; for older clients, where a melt failed: Failed to melt tokens */
            error: string;
            /** @description The same as detail */
            message: string;
            /** @constant */
            code: "TOKEN_INVALID";
            /** @description Whether the same request may succeed later */
            retryable: boolean;
            /** @constant */
            status: 400;
            /** @constant */
            severity: "LOW";
        };
        /** @description All of the token is spent */
        TOKEN_SPENT: {
            /** @constant */
            type: "urn:crucible:problem:token-spent";
            /** @constant */
            title: "Token already spent";
            /** @description What happened, whether money moved, and what to do */
            detail: string;
            /** @description Names the request */
            instance: string;
            /** @description The title; for older clients, where a melt failed: Failed to melt tokens */
            error: string;
            /** @description The same as detail */
            message: string;
            /** @constant */
            code: "TOKEN_SPENT";
            /** @description Whether the same request may succeed later */
            retryable: boolean;
            /** @constant */
            status: 400;
            /** @constant */
            severity: "LOW";
            /**
             * Format: int64
             * @description All of it
             */
            spentAmount: number;
        };
        /** @description Some of the token is spent; nothing of the rest was taken */
        TOKEN_PARTLY_SPENT: {
            /** @constant */
            type: "urn:crucible:problem:token-partly-spent";
            /** @constant */
            title: "Token partly spent";
            /** @description What happened, whether money moved, and what to do */
            detail: string;
            /** @description Names the request */
            instance: string;
            /** @description The title; for older clients, where a melt failed: Failed to melt tokens */
            error: string;
            /** @description The same as detail */
            message: string;
            /** @constant */
            code: "TOKEN_PARTLY_SPENT";
            /** @description Whether the same request may succeed later */
            retryable: boolean;
            /** @constant */
            status: 400;
            /** @constant */
            severity: "LOW";
            /**
             * Format: int64
             * @description Spent
             */
            spentAmount: number;
            /**
             * Format: int64
             * @description Not spent
             */
            unspentAmount: number;
        };
        /** @description The mint holds some of the token in a payment */
        TOKEN_PENDING: {
            /** @constant */
            type: "urn:crucible:problem:token-pending";
            /** @constant */
            title: "Token in another payment";
            /** @description What happened, whether money moved, and what to do */
            detail: string;
            /** @description Names the request */
            instance: string;
            /** @description The title; for older clients, where a melt failed: Failed to melt tokens */
            error: string;
            /** @description The same as detail */
            message: string;
            /** @constant */
            code: "TOKEN_PENDING";
            /** @description Whether the same request may succeed later */
            retryable: boolean;
            /** @constant */
            status: 409;
            /** @constant */
            severity: "LOW";
        };
        /** @description The token is locked to a key that is not this wallet’s, or not yet (NUT-11) */
        TOKEN_LOCKED: {
            /** @constant */
            type: "urn:crucible:problem:token-locked";
            /** @constant */
            title: "Token locked to another key";
            /** @description What happened, whether money moved, and what to do */
            detail: string;
            /** @description Names the request */
            instance: string;
            /** @description The title; for older clients, where a melt failed: Failed to melt tokens */
            error: string;
            /** @description The same as detail */
            message: string;
            /** @constant */
            code: "TOKEN_LOCKED";
            /** @description Whether the same request may succeed later */
            retryable: boolean;
            /** @constant */
            status: 400;
            /** @constant */
            severity: "LOW";
        };
        /** @description The wallet holds this ecash already */
        TOKEN_ALREADY_HELD: {
            /** @constant */
            type: "urn:crucible:problem:token-already-held";
            /** @constant */
            title: "Token already in this wallet";
            /** @description What happened, whether money moved, and what to do */
            detail: string;
            /** @description Names the request */
            instance: string;
            /** @description The title; for older clients, where a melt failed: Failed to melt tokens */
            error: string;
            /** @description The same as detail */
            message: string;
            /** @constant */
            code: "TOKEN_ALREADY_HELD";
            /** @description Whether the same request may succeed later */
            retryable: boolean;
            /** @constant */
            status: 409;
            /** @constant */
            severity: "LOW";
        };
        /** @description Its recipient has claimed all of the token */
        TOKEN_CLAIMED: {
            /** @constant */
            type: "urn:crucible:problem:token-claimed";
            /** @constant */
            title: "Token already claimed";
            /** @description What happened, whether money moved, and what to do */
            detail: string;
            /** @description Names the request */
            instance: string;
            /** @description The title; for older clients, where a melt failed: Failed to melt tokens */
            error: string;
            /** @description The same as detail */
            message: string;
            /** @constant */
            code: "TOKEN_CLAIMED";
            /** @description Whether the same request may succeed later */
            retryable: boolean;
            /** @constant */
            status: 409;
            /** @constant */
            severity: "LOW";
            /** @description Names the operation */
            transactionId: string;
            /**
             * Format: int64
             * @description What they have
             */
            claimedAmount: number;
        };
        /** @description No token was made, and none will be */
        SEND_FAILED: {
            /** @constant */
            type: "urn:crucible:problem:send-failed";
            /** @constant */
            title: "Failed to send tokens";
            /** @description What happened, whether money moved, and what to do */
            detail: string;
            /** @description Names the request */
            instance: string;
            /** @description The title; for older clients, where a melt failed: Failed to melt tokens */
            error: string;
            /** @description The same as detail */
            message: string;
            /** @constant */
            code: "SEND_FAILED";
            /** @description Whether the same request may succeed later */
            retryable: boolean;
            /** @constant */
            status: 422;
            /** @constant */
            severity: "MEDIUM";
            /** @description Names the operation */
            transactionId: string;
            /**
             * Format: int64
             * @description What is free again
             */
            released: number;
            /**
             * @description Why
             * @enum {string}
             */
            cause: "MINT_REFUSED" | "KEYSET_RETIRED" | "AMOUNT_OUT_OF_RANGE" | "NOT_STARTED" | "NOT_WORTH_ITS_FEE" | "STORE_BEHIND_MINT";
        };
        /** @description The mint did not take the token back, or it is not worth the fee of that; it is still out */
        RECLAIM_FAILED: {
            /** @constant */
            type: "urn:crucible:problem:reclaim-failed";
            /** @constant */
            title: "Failed to reclaim tokens";
            /** @description What happened, whether money moved, and what to do */
            detail: string;
            /** @description Names the request */
            instance: string;
            /** @description The title; for older clients, where a melt failed: Failed to melt tokens */
            error: string;
            /** @description The same as detail */
            message: string;
            /** @constant */
            code: "RECLAIM_FAILED";
            /** @description Whether the same request may succeed later */
            retryable: boolean;
            /** @constant */
            status: 422;
            /** @constant */
            severity: "LOW";
            /** @description Names the operation */
            transactionId: string;
            /**
             * @description Why
             * @enum {string}
             */
            cause: "MINT_REFUSED" | "KEYSET_RETIRED" | "AMOUNT_OUT_OF_RANGE" | "NOT_STARTED" | "NOT_WORTH_ITS_FEE" | "STORE_BEHIND_MINT";
        };
        /** @description The mint did not exchange the token */
        RECEIVE_FAILED: {
            /** @constant */
            type: "urn:crucible:problem:receive-failed";
            /** @constant */
            title: "Failed to receive tokens";
            /** @description What happened, whether money moved, and what to do */
            detail: string;
            /** @description Names the request */
            instance: string;
            /** @description The title; for older clients, where a melt failed: Failed to melt tokens */
            error: string;
            /** @description The same as detail */
            message: string;
            /** @constant */
            code: "RECEIVE_FAILED";
            /** @description Whether the same request may succeed later */
            retryable: boolean;
            /** @constant */
            status: 422;
            /** @constant */
            severity: "MEDIUM";
            /** @description Names the operation */
            transactionId: string;
            /**
             * @description Why
             * @enum {string}
             */
            cause: "MINT_REFUSED" | "KEYSET_RETIRED" | "AMOUNT_OUT_OF_RANGE" | "NOT_STARTED" | "NOT_WORTH_ITS_FEE" | "STORE_BEHIND_MINT";
        };
        /** @description A send or reclaim was stopped by a safety check; a person decides */
        CRITICAL_SEND_FAILURE: {
            /** @constant */
            type: "urn:crucible:problem:critical-send-failure";
            /** @constant */
            title: "Critical send operation failure";
            /** @description What happened, whether money moved, and what to do */
            detail: string;
            /** @description Names the request */
            instance: string;
            /** @description The title; for older clients, where a melt failed: Failed to melt tokens */
            error: string;
            /** @description The same as detail */
            message: string;
            /** @constant */
            code: "CRITICAL_SEND_FAILURE";
            /** @description Whether the same request may succeed later */
            retryable: boolean;
            /** @constant */
            status: 500;
            /** @constant */
            severity: "CRITICAL";
            /** @description Names the stored report */
            supportId: string;
            /** @constant */
            requiresManualIntervention: true;
            /** @description Names the operation */
            transactionId: string;
            recovery: {
                /** @constant */
                state: "manual";
                /**
                 * Format: uri-reference
                 * @description Where to ask how it is going on
                 */
                statusUrl: string;
            };
        };
        /** @description A receive was stopped by a safety check; a person decides */
        CRITICAL_RECEIVE_FAILURE: {
            /** @constant */
            type: "urn:crucible:problem:critical-receive-failure";
            /** @constant */
            title: "Critical receive operation failure";
            /** @description What happened, whether money moved, and what to do */
            detail: string;
            /** @description Names the request */
            instance: string;
            /** @description The title; for older clients, where a melt failed: Failed to melt tokens */
            error: string;
            /** @description The same as detail */
            message: string;
            /** @constant */
            code: "CRITICAL_RECEIVE_FAILURE";
            /** @description Whether the same request may succeed later */
            retryable: boolean;
            /** @constant */
            status: 500;
            /** @constant */
            severity: "CRITICAL";
            /** @description Names the stored report */
            supportId: string;
            /** @constant */
            requiresManualIntervention: true;
            /** @description Names the operation */
            transactionId: string;
            recovery: {
                /** @constant */
                state: "manual";
                /**
                 * Format: uri-reference
                 * @description Where to ask how it is going on
                 */
                statusUrl: string;
            };
        };
        /** @description Too many requests in a minute */
        RATE_LIMITED: {
            /** @constant */
            type: "urn:crucible:problem:rate-limited";
            /** @constant */
            title: "Too many requests";
            /** @description What happened, whether money moved, and what to do */
            detail: string;
            /** @description Names the request */
            instance: string;
            /** @description The title; for older clients, where a melt failed: Failed to melt tokens */
            error: string;
            /** @description The same as detail */
            message: string;
            /** @constant */
            code: "RATE_LIMITED";
            /** @description Whether the same request may succeed later */
            retryable: boolean;
            /** @constant */
            status: 429;
            /** @constant */
            severity: "LOW";
            /**
             * @description Which limit
             * @enum {string}
             */
            limitedBy: "address" | "key" | "npub" | "melt" | "compare" | "restore";
            /** @description What it allows */
            perMinute: number;
            /** @description The same as Retry-After */
            retryAfterSeconds: number;
        };
        /** @description Paid and not booked yet: the server books it by itself. Do not pay again */
        CRITICAL_DB_FAILURE_AFTER_MINT_SUCCESS: {
            /** @constant */
            type: "urn:crucible:problem:critical-db-failure-after-mint-success";
            /** @constant */
            title: "Critical melt operation failure";
            /** @description What happened, whether money moved, and what to do */
            detail: string;
            /** @description Names the request */
            instance: string;
            /** @description The title; for older clients, where a melt failed: Failed to melt tokens */
            error: string;
            /** @description The same as detail */
            message: string;
            /** @constant */
            code: "CRITICAL_DB_FAILURE_AFTER_MINT_SUCCESS";
            /** @description Whether the same request may succeed later */
            retryable: boolean;
            /** @constant */
            status: 500;
            /** @constant */
            severity: "CRITICAL";
            /** @description Names the stored report */
            supportId: string;
            /** @constant */
            requiresManualIntervention: true;
            /** @description Names the quote at its mint */
            quoteId: string;
            /** @description Names the operation */
            transactionId: string;
            recovery: {
                /** @constant */
                state: "scheduled";
                /**
                 * Format: uri-reference
                 * @description Where to ask how it is going on
                 */
                statusUrl: string;
            };
        };
        /** @description Stopped by a safety check; a person decides */
        CRITICAL_MELT_FAILURE: {
            /** @constant */
            type: "urn:crucible:problem:critical-melt-failure";
            /** @constant */
            title: "Critical melt operation failure";
            /** @description What happened, whether money moved, and what to do */
            detail: string;
            /** @description Names the request */
            instance: string;
            /** @description The title; for older clients, where a melt failed: Failed to melt tokens */
            error: string;
            /** @description The same as detail */
            message: string;
            /** @constant */
            code: "CRITICAL_MELT_FAILURE";
            /** @description Whether the same request may succeed later */
            retryable: boolean;
            /** @constant */
            status: 500;
            /** @constant */
            severity: "CRITICAL";
            /** @description Names the stored report */
            supportId: string;
            /** @constant */
            requiresManualIntervention: true;
            /** @description Names the quote at its mint */
            quoteId: string;
            /** @description Names the operation */
            transactionId: string;
            recovery: {
                /** @constant */
                state: "manual";
                /**
                 * Format: uri-reference
                 * @description Where to ask how it is going on
                 */
                statusUrl: string;
            };
        };
        /** @description Not foreseen */
        INTERNAL_ERROR: {
            /** @constant */
            type: "urn:crucible:problem:internal-error";
            /** @constant */
            title: "Internal error";
            /** @description What happened, whether money moved, and what to do */
            detail: string;
            /** @description Names the request */
            instance: string;
            /** @description The title; for older clients, where a melt failed: Failed to melt tokens */
            error: string;
            /** @description The same as detail */
            message: string;
            /** @constant */
            code: "INTERNAL_ERROR";
            /** @description Whether the same request may succeed later */
            retryable: boolean;
            /** @constant */
            status: 500;
            /**
             * @description How bad it is
             * @enum {string}
             */
            severity: "HIGH" | "CRITICAL";
            /** @description Names the stored report */
            supportId: string;
            /** @description Names the operation */
            transactionId?: string;
        };
        /** @description The mint gave no usable answer before anything was at stake */
        MINT_ERROR: {
            /** @constant */
            type: "urn:crucible:problem:mint-error";
            /** @constant */
            title: "The mint gave no usable answer";
            /** @description What happened, whether money moved, and what to do */
            detail: string;
            /** @description Names the request */
            instance: string;
            /** @description The title; for older clients, where a melt failed: Failed to melt tokens */
            error: string;
            /** @description The same as detail */
            message: string;
            /** @constant */
            code: "MINT_ERROR";
            /** @description Whether the same request may succeed later */
            retryable: boolean;
            /** @constant */
            status: 502;
            /** @constant */
            severity: "MEDIUM";
            /** @description Names the stored report */
            supportId: string;
            /** @description The mint’s own error code */
            mintCode?: number;
            /** @description Names the operation */
            transactionId?: string;
        };
        /** @description The mint does not answer */
        MINT_UNAVAILABLE: {
            /** @constant */
            type: "urn:crucible:problem:mint-unavailable";
            /** @constant */
            title: "Mint unavailable";
            /** @description What happened, whether money moved, and what to do */
            detail: string;
            /** @description Names the request */
            instance: string;
            /** @description The title; for older clients, where a melt failed: Failed to melt tokens */
            error: string;
            /** @description The same as detail */
            message: string;
            /** @constant */
            code: "MINT_UNAVAILABLE";
            /** @description Whether the same request may succeed later */
            retryable: boolean;
            /** @constant */
            status: 503;
            /** @constant */
            severity: "HIGH";
            /** @description Names the stored report */
            supportId: string;
            /** @description Names the operation */
            transactionId?: string;
        };
        /** @description The database does not answer */
        DATABASE_UNAVAILABLE: {
            /** @constant */
            type: "urn:crucible:problem:database-unavailable";
            /** @constant */
            title: "Database unavailable";
            /** @description What happened, whether money moved, and what to do */
            detail: string;
            /** @description Names the request */
            instance: string;
            /** @description The title; for older clients, where a melt failed: Failed to melt tokens */
            error: string;
            /** @description The same as detail */
            message: string;
            /** @constant */
            code: "DATABASE_UNAVAILABLE";
            /** @description Whether the same request may succeed later */
            retryable: boolean;
            /** @constant */
            status: 503;
            /** @constant */
            severity: "HIGH";
            /** @description Names the stored report */
            supportId: string;
            /** @description Names the operation */
            transactionId?: string;
            /** @constant */
            ready?: false;
            /**
             * @description Whether the database can be written to
             * @enum {string}
             */
            database?: "writable" | "unavailable";
            /** @description Whether the server is about to go */
            draining?: boolean;
            mints?: {
                /** @description The mint’s address */
                url: string;
                /** @description How long ago it answered last; null = not yet */
                answeredMsAgo: number | null;
                /**
                 * @description Whether it is asked at all just now
                 * @enum {string}
                 */
                circuit: "closed" | "open" | "half_open";
            }[];
        };
        /** @description The server is about to go; another instance may take the request */
        SHUTTING_DOWN: {
            /** @constant */
            type: "urn:crucible:problem:shutting-down";
            /** @constant */
            title: "Server shutting down";
            /** @description What happened, whether money moved, and what to do */
            detail: string;
            /** @description Names the request */
            instance: string;
            /** @description The title; for older clients, where a melt failed: Failed to melt tokens */
            error: string;
            /** @description The same as detail */
            message: string;
            /** @constant */
            code: "SHUTTING_DOWN";
            /** @description Whether the same request may succeed later */
            retryable: boolean;
            /** @constant */
            status: 503;
            /** @constant */
            severity: "HIGH";
            /** @description Names the stored report */
            supportId: string;
            /** @constant */
            ready?: false;
            /**
             * @description Whether the database can be written to
             * @enum {string}
             */
            database?: "writable" | "unavailable";
            /** @description Whether the server is about to go */
            draining?: boolean;
            mints?: {
                /** @description The mint’s address */
                url: string;
                /** @description How long ago it answered last; null = not yet */
                answeredMsAgo: number | null;
                /**
                 * @description Whether it is asked at all just now
                 * @enum {string}
                 */
                circuit: "closed" | "open" | "half_open";
            }[];
        };
    };
    responses: {
        /** @description `NOT_FOUND`: There is no such address */
        NotFound: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["NOT_FOUND"];
            };
        };
        /** @description `METHOD_NOT_ALLOWED`: The address does not take this method; `Allow` names those that it takes */
        MethodNotAllowed: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["METHOD_NOT_ALLOWED"];
            };
        };
        /** @description `VALIDATION_ERROR`: Body, path or header of another shape; at most twenty of its mistakes are named */
        BadRequest: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["VALIDATION_ERROR"];
            };
        };
        /** @description `RATE_LIMITED`: Too many requests in a minute */
        TooManyRequests: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["RATE_LIMITED"];
            };
        };
        /** @description `SHUTTING_DOWN`: The server is about to go; another instance may take the request */
        ShuttingDown: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["SHUTTING_DOWN"];
            };
        };
    };
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    live: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It does */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Alive"];
                };
            };
        };
    };
    ready: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It does; a mint’s silence alone changes nothing of that */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Ready"];
                };
            };
        };
    };
    metrics: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Text format 0.0.4 */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
        };
    };
    openApi: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OpenAPI 3.1 */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OpenApi"];
                };
            };
        };
    };
    docs: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/html": string;
                };
            };
        };
    };
    docsFile: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                file: "swagger-ui.css" | "swagger-ui-bundle.js" | "start.js";
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A file */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/css": string;
                    "text/javascript": string;
                };
            };
        };
    };
    createToken: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Nothing"];
            };
        };
        responses: {
            /** @description The token */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BearerToken"];
                };
            };
        };
    };
    createWallet: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["WalletWish"];
            };
        };
        responses: {
            /** @description It existed already */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WalletCreated"];
                };
            };
            /** @description The wallet exists */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WalletCreated"];
                };
            };
        };
    };
    wallets: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                npub: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The wallets */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Wallets"];
                };
            };
        };
    };
    walletInfo: {
        parameters: {
            query?: {
                walletId?: string;
            };
            header?: never;
            path: {
                npub: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The wallet */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WalletInfo"];
                };
            };
        };
    };
    balance: {
        parameters: {
            query?: {
                walletId?: string;
            };
            header?: never;
            path: {
                npub: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The balance */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Balance"];
                };
            };
        };
    };
    mint: {
        parameters: {
            query?: {
                walletId?: string;
            };
            header?: {
                "Idempotency-Key"?: string;
            };
            path: {
                npub: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MintWish"];
            };
        };
        responses: {
            /** @description To be paid */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MintQuote"];
                };
            };
        };
    };
    completeMint: {
        parameters: {
            query?: {
                walletId?: string;
            };
            header?: never;
            path: {
                npub: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MintLook"];
            };
        };
        responses: {
            /** @description Credited */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Minted"];
                };
            };
            /** @description Not yet */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NotMinted"];
                };
            };
        };
    };
    send: {
        parameters: {
            query?: {
                walletId?: string;
            };
            header?: {
                "Idempotency-Key"?: string;
                Prefer?: string;
            };
            path: {
                npub: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SendWish"];
            };
        };
        responses: {
            /** @description The token */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Sent"];
                };
            };
            /** @description Not known yet; the server brings it to an end */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenPending"];
                };
            };
        };
    };
    sendStatus: {
        parameters: {
            query?: {
                walletId?: string;
            };
            header?: never;
            path: {
                npub: string;
                transactionId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Its present state */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SendStatus"];
                };
            };
        };
    };
    reclaim: {
        parameters: {
            query?: {
                walletId?: string;
            };
            header?: {
                "Idempotency-Key"?: string;
                Prefer?: string;
            };
            path: {
                npub: string;
                transactionId: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Nothing"];
            };
        };
        responses: {
            /** @description It is back */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Reclaimed"];
                };
            };
            /** @description Not known yet; the server brings it to an end */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenPending"];
                };
            };
        };
    };
    receive: {
        parameters: {
            query?: {
                walletId?: string;
            };
            header?: {
                "Idempotency-Key"?: string;
                Prefer?: string;
            };
            path: {
                npub: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReceiveWish"];
            };
        };
        responses: {
            /** @description Credited */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Received"];
                };
            };
            /** @description Not known yet; the server brings it to an end */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenPending"];
                };
            };
        };
    };
    quoteMelt: {
        parameters: {
            query?: {
                walletId?: string;
            };
            header?: never;
            path: {
                npub: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MeltQuestion"];
            };
        };
        responses: {
            /** @description The cost */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MeltQuote"];
                };
            };
        };
    };
    melt: {
        parameters: {
            query?: {
                walletId?: string;
            };
            header?: {
                "Idempotency-Key"?: string;
                Prefer?: string;
            };
            path: {
                npub: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MeltWish"];
            };
        };
        responses: {
            /** @description Paid */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MeltPaid"];
                };
            };
            /** @description Not known yet; the server brings it to an end */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MeltPending"];
                };
            };
        };
    };
    meltStatus: {
        parameters: {
            query?: {
                walletId?: string;
            };
            header?: never;
            path: {
                npub: string;
                transactionId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Its present state */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MeltStatus"];
                };
            };
        };
    };
    transactions: {
        parameters: {
            query?: {
                walletId?: string;
                limit?: number;
                cursor?: string;
                type?: "mint" | "melt" | "send" | "receive";
                status?: "PENDING" | "PAID" | "FAILED" | "EXPIRED" | "NEEDS_ATTENTION";
                externalId?: string;
            };
            header?: never;
            path: {
                npub: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Transactions"];
                };
            };
        };
    };
    transaction: {
        parameters: {
            query?: {
                walletId?: string;
            };
            header?: never;
            path: {
                npub: string;
                transactionId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Its present state */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Transaction"];
                };
            };
        };
    };
    proofsStatus: {
        parameters: {
            query?: {
                walletId?: string;
            };
            header?: never;
            path: {
                npub: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Nothing"];
            };
        };
        responses: {
            /** @description What the mint says, and what differs */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProofsStatus"];
                };
            };
        };
    };
    reconcile: {
        parameters: {
            query?: {
                walletId?: string;
            };
            header?: never;
            path: {
                npub: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReconcileWish"];
            };
        };
        responses: {
            /** @description What differed, and what was done about it */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Reconciliation"];
                };
            };
        };
    };
    restoreStatus: {
        parameters: {
            query?: {
                walletId?: string;
            };
            header?: never;
            path: {
                npub: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description How it stands */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LastRestore"];
                };
            };
        };
    };
    restore: {
        parameters: {
            query?: {
                walletId?: string;
            };
            header?: {
                Prefer?: string;
            };
            path: {
                npub: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Nothing"];
            };
        };
        responses: {
            /** @description All that can be found now has been found */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Restored"];
                };
            };
            /** @description Not through yet; the server goes on by itself */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Restoring"];
                };
            };
        };
    };
    reports: {
        parameters: {
            query?: {
                limit?: number;
                cursor?: string;
                severity?: "CRITICAL" | "HIGH" | "MEDIUM" | "LOW";
                status?: "open" | "resolved" | "closed";
                code?: string;
                npub?: string;
                since?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Reports"];
                };
            };
        };
    };
    report: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                supportId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The report */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Report"];
                };
            };
        };
    };
    resolveReport: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                supportId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ResolveWish"];
            };
        };
        responses: {
            /** @description What it is now */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Resolved"];
                };
            };
        };
    };
    recheck: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                transactionId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Nothing"];
            };
        };
        responses: {
            /** @description How it stands now */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Rechecked"];
                };
            };
        };
    };
    decide: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                transactionId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DecideWish"];
            };
        };
        responses: {
            /** @description What came of it */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Decided"];
                };
            };
        };
    };
}
